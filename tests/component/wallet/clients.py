"""Wallets whose tokens are bound to a key of theirs."""

import httpx

from tests.component.wallet.scene import CODE, Clock, Order
from tests.component.wallet.steps import fetch_code, token_form
from tests.dpop import DpopClient

TOKEN_URL = "http://localhost:8004/token"


class Client(DpopClient):
    """A wallet with a DPoP key, which takes its nonce from the offer."""

    def __init__(self, http: httpx.AsyncClient, clock: Clock) -> None:
        super().__init__()
        self._http = http
        self._clock = clock
        self.nonce: str | None = None

    async def fetch_code(self, order: Order, generation: int = 1) -> str:
        offer = await self._http.get(f"/offers/{order.offer_id(generation)}")
        self.nonce = offer.headers["dpop-nonce"]
        return await fetch_code(self._http, order, generation)

    async def activate(self, order: Order) -> httpx.Response:
        return await self.redeem(await self.fetch_code(order))

    async def redeem(
        self, code: str, tx_code: str = CODE, *, proof: str | None = None, **other: str
    ) -> httpx.Response:
        return await self._send(token_form(code, tx_code, **other), proof)

    async def refresh(self, refresh_token: str, *, proof: str | None = None) -> httpx.Response:
        return await self._send({"grant_type": "refresh_token", "refresh_token": refresh_token}, proof)

    async def _send(self, form: dict[str, str], proof: str | None) -> httpx.Response:
        sent = proof or self.proof(TOKEN_URL, self._clock.now, nonce=self.nonce)
        return await self._http.post("/token", data=form, headers={"DPoP": sent})
