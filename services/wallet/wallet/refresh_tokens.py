"""Refresh tokens as they are sent: an activation, and a secret of which only a digest is kept."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from servicekit.bytes import from_base64url, to_base64url

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


def read_refresh_token(text: str) -> RefreshToken | None:
    try:
        data = from_base64url(text)
    except ValueError:
        return None
    return RefreshToken(UUID(bytes=data[:_ID]), data[_ID:]) if len(data) == _ID + SECRET else None
