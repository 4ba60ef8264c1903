"""Nonces that need no row until they are used: time and chance under a MAC, for one audience."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing

LIFETIME = timedelta(minutes=5)

_TIME = 5
_RANDOM = 16
_MAC = 16


class BadNonce(Exception):
    """Not ours, or too old."""


def new_nonce(ring: KeyRing, audience: str, now: datetime, random16: bytes) -> str:
    body = int(now.timestamp()).to_bytes(_TIME, "big") + random16
    return to_base64url(body + _mac(ring.current.secret, audience, body))


def nonce_lapses_at(ring: KeyRing, nonce: str, audience: str, now: datetime) -> datetime:
    """When a nonce of ours ends. Raises `BadNonce`."""
    try:
        data = from_base64url(nonce)
    except ValueError:
        raise BadNonce from None
    body, mac = data[: _TIME + _RANDOM], data[_TIME + _RANDOM :]
    if len(data) != _TIME + _RANDOM + _MAC:
        raise BadNonce
    if not any(hmac.compare_digest(mac, _mac(secret, audience, body)) for secret in ring.secrets()):
        raise BadNonce
    lapses_at = datetime.fromtimestamp(int.from_bytes(body[:_TIME], "big"), UTC) + LIFETIME
    if lapses_at <= now:
        raise BadNonce
    return lapses_at


def nonce_digest(nonce: str) -> bytes:
    return hashlib.sha256(nonce.encode()).digest()


def _mac(secret: bytes, audience: str, body: bytes) -> bytes:
    return hmac.digest(secret, b"legitka-nonce-v1" + body + audience.encode(), hashlib.sha256)[:_MAC]
