"""A phone as the issuer sees it: a key of its own, and proofs made with it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from issuer.domain import HolderKey
from issuer.proofs import thumbprint
from servicekit.bytes import to_base64url


class Phone:
    """Makes key proofs; what is to be wrong is said by `header` and `claims` (None leaves a member out)."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.jwk = {
            "kty": "EC",
            "crv": "P-256",
            "x": to_base64url(numbers.x.to_bytes(32, "big")),
            "y": to_base64url(numbers.y.to_bytes(32, "big")),
        }

    @property
    def jkt(self) -> str:
        return thumbprint(self.jwk)

    @property
    def holder_key(self) -> HolderKey:
        return HolderKey(self.jwk, self.jkt)

    def proof(
        self,
        *,
        audience: str,
        nonce: str,
        now: datetime,
        header: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
    ) -> str:
        full_header = {"typ": "openid4vci-proof+jwt", "alg": "ES256", "jwk": self.jwk, **(header or {})}
        full_claims = {"aud": audience, "iat": int(now.timestamp()), "nonce": nonce, **(claims or {})}
        return self.sign(_given(full_header), _given(full_claims))

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        signed = f"{_part(header)}.{_part(claims)}"
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(SHA256())))
        return f"{signed}.{to_base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _part(members: Mapping[str, Any]) -> str:
    return to_base64url(json.dumps(members).encode())
