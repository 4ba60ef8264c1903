"""Whatever is sent to the issuer is answered, and never as a fault of its own."""

import httpx

from tests.component.issuer.scene import Scene, WalletApp
from tests.hostile import faults


async def test_no_request_is_answered_as_a_fault(http: httpx.AsyncClient) -> None:
    assert await faults(http) == []


async def test_no_request_with_a_good_token_is(scene: Scene, wallet: WalletApp) -> None:
    token = wallet.token(await scene.ready(await scene.place()))

    assert await faults(wallet.http, {"Authorization": f"Bearer {token}"}) == []
