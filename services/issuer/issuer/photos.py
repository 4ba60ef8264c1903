"""The claim check: photos are fetched from ordering by their digest, when a card is made, not before."""

from hashlib import sha256
from uuid import UUID

import httpx

from eventing import Clock
from servicekit.fetching import TooLarge, fetch_small
from servicekit.keys import SigningKey
from servicekit.tokens import sign_jwt

TOKEN_SECONDS = 60
MAX_PHOTO = 64 * 1024


class PhotoUnavailable(Exception):
    """Ordering is away, or does not have the photo: the card can be asked for again later."""


class Photos:
    """Reads photos with a service token that is good for one order, one photo and a minute."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        issuer: str,
        ordering: str,
        ordering_internal: str,
        key: SigningKey,
        clock: Clock,
    ) -> None:
        self._http = http
        self._issuer = issuer
        self._ordering = ordering
        self._ordering_internal = ordering_internal
        self._key = key
        self._clock = clock

    async def fetch(self, order_id: UUID, digest: str) -> bytes:
        """Raises `PhotoUnavailable`."""
        url = f"{self._ordering_internal}/internal/photos/{digest}"
        headers = {"Authorization": f"Bearer {self._token(order_id, digest)}"}
        try:
            status, photo = await fetch_small(self._http, url, headers=headers, limit=MAX_PHOTO)
        except (httpx.HTTPError, TooLarge):
            raise PhotoUnavailable from None
        if status != httpx.codes.OK:
            raise PhotoUnavailable
        if sha256(photo).hexdigest() != digest:
            raise PhotoUnavailable
        return photo

    def _token(self, order_id: UUID, digest: str) -> str:
        now = int(self._clock().timestamp())
        claims = {
            "iss": self._issuer,
            "aud": self._ordering,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "order_id": str(order_id),
            "sha256": digest,
        }
        return sign_jwt(self._key, typ="service+jwt", claims=claims)
