"""The two services that the issuer asks: the wallet for its keys, ordering for photos."""

from dataclasses import dataclass, field

import httpx

from servicekit.keys import Keys
from tests.component.issuer.scene import ORDERING, PHOTO, WALLET


@dataclass
class Peers:
    """Answers as long as nobody is away, and remembers what was asked."""

    keys: Keys
    ordering_is_away: bool = False
    wallet_is_away: bool = False
    photo: bytes = PHOTO
    asked: list[httpx.Request] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        url = str(request.url)
        if url == f"{WALLET}/jwks" and not self.wallet_is_away:
            return httpx.Response(200, json=self.keys.signing_keys("wallet/token").public_jwks())
        if url.startswith(f"{ORDERING}/internal/photos/") and not self.ordering_is_away:
            return httpx.Response(200, content=self.photo)
        raise httpx.ConnectError("away", request=request)

    def photos_asked(self) -> list[httpx.Request]:
        return [request for request in self.asked if "/internal/photos/" in str(request.url)]
