"""Refresh tokens as they are sent: an activation, and a secret of which only a digest is kept."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from uuid import UUID

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing

SECRET = 32
_ID = 16


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Good for nobody but the holder of the key that it is bound to."""

    activation_id: UUID
    secret: bytes

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.activation_id.bytes + self.secret).digest()

    @property
    def text(self) -> str:
        return to_base64url(self.activation_id.bytes + self.secret)


def successors(ring: KeyRing, token: RefreshToken) -> list[RefreshToken]:
    """What may follow a token: by the current key first, then by those of before.

    It is the same each time, so that it does not matter which of several answers arrives, or all of them.
    """
    message = b"legitka-refresh-v1" + token.activation_id.bytes + token.secret
    return [replace(token, secret=hmac.digest(key, message, hashlib.sha256)) for key in ring.secrets()]


def read_refresh_token(text: str) -> RefreshToken | None:
    try:
        data = from_base64url(text)
    except ValueError:
        return None
    return RefreshToken(UUID(bytes=data[:_ID]), data[_ID:]) if len(data) == _ID + SECRET else None
