"""A client with a DPoP key, which makes proofs as RFC 9449 says, but for what the test wants wrong."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from servicekit.bytes import to_base64url
from tests.component.issuer.phones import Phone


class DpopClient:
    """Each proof has a `jti` of its own; None leaves a member out."""

    def __init__(self) -> None:
        self._phone = Phone()
        self.jwk = self._phone.jwk
        self.jkt = self._phone.jkt

    def proof(
        self,
        url: str,
        now: datetime,
        *,
        method: str = "POST",
        nonce: str | None = None,
        access_token: str | None = None,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        full_header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.jwk, **(header or {})}
        full_claims = {
            "jti": str(uuid4()),
            "htm": method,
            "htu": url,
            "iat": int(now.timestamp()),
            "nonce": nonce,
            "ath": _hash(access_token) if access_token else None,
            **(claims or {}),
        }
        return self._phone.sign(_given(full_header), _given(full_claims))


def _hash(access_token: str) -> str:
    return to_base64url(hashlib.sha256(access_token.encode()).digest())


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}
