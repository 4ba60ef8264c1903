"""Compact ES256 signatures for what is signed by the thousand. Everything else uses servicekit.tokens."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from servicekit.bytes import to_base64url
from servicekit.keys import CertifiedKey, SigningKey

_ALGORITHM = ECDSA(SHA256())


def to_json(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Signer:
    """One key for one type of token; the header is encoded once."""

    key: EllipticCurvePrivateKey
    header: bytes

    def sign(self, claims: Mapping[str, Any]) -> str:
        signed = self.header + b"." + to_base64url(to_json(claims)).encode()
        r, s = decode_dss_signature(self.key.sign(signed, _ALGORITHM))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return f"{signed.decode()}.{to_base64url(signature)}"


def signer(key: SigningKey, *, typ: str, x5c: Sequence[str] = ()) -> Signer:
    header: dict[str, Any] = {"alg": "ES256", "typ": typ, "kid": key.kid}
    if x5c:
        header["x5c"] = list(x5c)
    private = key.key.private_key
    if not isinstance(private, EllipticCurvePrivateKey):
        raise TypeError("a signing key must hold its private part")
    return Signer(private, to_base64url(to_json(header)).encode())


def certified_signer(key: CertifiedKey, *, typ: str) -> Signer:
    return signer(key.signing, typ=typ, x5c=key.x5c)
