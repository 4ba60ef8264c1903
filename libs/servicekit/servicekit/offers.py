"""Offer ids that prove they are ours, and digests of activation codes (protocol 4)."""

import hashlib
import hmac

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing

_RANDOM = 16
_MAC = 8


def new_offer_id(ring: KeyRing, random16: bytes) -> str:
    """16 random bytes and an 8-byte MAC, base64url, 32 characters."""
    if len(random16) != _RANDOM:
        raise ValueError("an offer id needs exactly 16 random bytes")
    return to_base64url(random16 + _offer_mac(ring.current.secret, random16))


def offer_is_authentic(ring: KeyRing, offer_id: str) -> bool:
    """Whether one of our issuers made it; constant time for everything of the right shape."""
    try:
        data = from_base64url(offer_id)
    except ValueError:
        return False
    if len(data) != _RANDOM + _MAC:
        return False
    given = data[_RANDOM:]
    return any(hmac.compare_digest(given, _offer_mac(secret, data[:_RANDOM])) for secret in ring.secrets())


def _offer_mac(secret: bytes, random16: bytes) -> bytes:
    return hmac.digest(secret, b"legitka-offer-v1" + random16, hashlib.sha256)[:_MAC]


def activation_digest(ring: KeyRing, offer_id: str, generation: int, code: str) -> tuple[str, str]:
    """HMAC-SHA-256 under the check key, and the id of that key."""
    key = ring.current
    return _code_mac(key.secret, offer_id, generation, code), key.id


def activation_code_matches(
    ring: KeyRing, digest: str, key_id: str, offer_id: str, generation: int, code: str
) -> bool:
    """Constant time. Raises UnknownKey when the ring lacks the key: that must not cost an attempt."""
    return hmac.compare_digest(digest, _code_mac(ring.secret(key_id), offer_id, generation, code))


def _code_mac(secret: bytes, offer_id: str, generation: int, code: str) -> str:
    parts = (b"legitka-activation-v1", offer_id.encode(), generation.to_bytes(8, "big"), code.encode())
    message = b"".join(len(part).to_bytes(2, "big") + part for part in parts)
    return to_base64url(hmac.digest(secret, message, hashlib.sha256))
