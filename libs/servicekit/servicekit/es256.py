"""ES256 as phones use it: P-256 keys by their coordinates, and signatures that are r ‖ s (RFC 7518, 3.4)."""

from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from servicekit.bytes import from_base64url

_COORDINATE = 32


def public_key(jwk: Mapping[str, str]) -> EllipticCurvePublicKey:
    """Raises ValueError for a coordinate that has not 32 bytes, and for what is no point of the curve."""
    x, y = from_base64url(jwk["x"]), from_base64url(jwk["y"])
    if len(x) != _COORDINATE or len(y) != _COORDINATE:
        raise ValueError("x and y must have 32 bytes")
    return EllipticCurvePublicNumbers(_number(x), _number(y), SECP256R1()).public_key()


def signature_holds(key: EllipticCurvePublicKey, signed: bytes, signature: bytes) -> bool:
    if len(signature) != 2 * _COORDINATE:
        return False
    r, s = _number(signature[:_COORDINATE]), _number(signature[_COORDINATE:])
    try:
        key.verify(encode_dss_signature(r, s), signed, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _number(part: bytes) -> int:
    return int.from_bytes(part, "big")
