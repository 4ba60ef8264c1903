"""Sealing of personal data for one reader: AES-256-GCM, bound to the place where it belongs."""

import os
from dataclasses import dataclass
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing, UnknownKey

_NONCE = 12
_TAG = 16


class CannotOpen(Exception):
    """Not sealed by this ring for this context, or damaged."""


@dataclass(frozen=True, slots=True)
class SealingContext:
    """Where a sealed value stands; `event_type` is the `ce_type` (`pl.legitka.ordering.OrderPlaced.v1`)."""

    event_type: str
    institution_id: str
    order_id: UUID
    field: str

    def associated_data(self) -> bytes:
        parts = ("legitka-seal-v1", self.event_type, self.institution_id, str(self.order_id), self.field)
        if any("\0" in part for part in parts):
            raise ValueError("a part of the sealing context contains NUL")
        return "\0".join(parts).encode()


class Sealer:
    """Seals under the current key of a ring and opens under all of them."""

    def __init__(self, ring: KeyRing) -> None:
        self._current = ring.current.id
        self._ring = ring
        self._ciphers = {key_id: AESGCM(key.secret) for key_id, key in ring.keys.items()}

    @property
    def current(self) -> str:
        """The id of the key that seals, and with it the part of a sealed value before the first dot."""
        return self._current

    def reseal(self, sealed: str, context: SealingContext) -> str:
        """The same value under the current key. Raises CannotOpen."""
        return self.seal(self.open(sealed, context), context)

    def seal(self, plaintext: bytes, context: SealingContext) -> str:
        """`<key id>.<base64url(nonce ‖ ciphertext ‖ tag)>`; a new nonce each time."""
        nonce = os.urandom(_NONCE)
        sealed = self._ciphers[self._current].encrypt(nonce, plaintext, context.associated_data())
        return f"{self._current}.{to_base64url(nonce + sealed)}"

    def open(self, sealed: str, context: SealingContext) -> bytes:
        """Raises CannotOpen for another context, an unknown key, or damage."""
        key_id, _, text = sealed.partition(".")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise CannotOpen("sealed under an unknown key") from UnknownKey(key_id)
        try:
            data = from_base64url(text)
            if len(data) < _NONCE + _TAG:
                raise CannotOpen("too short")
            return cipher.decrypt(data[:_NONCE], data[_NONCE:], context.associated_data())
        except (ValueError, InvalidTag):
            raise CannotOpen("damaged, or sealed for another context") from None
