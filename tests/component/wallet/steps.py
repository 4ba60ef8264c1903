"""What a wallet does over HTTP."""

from typing import Any

import httpx

from tests.component.wallet.scene import CODE, Order
from wallet.forms import GRANT_TYPE


async def fetch_code(http: httpx.AsyncClient, order: Order, generation: int = 1) -> str:
    """Fetch the offer of the QR and take the pre-authorized code out of it."""
    answer = await http.get(f"/offers/{order.offer_id(generation)}")
    assert answer.status_code == 200, answer.text
    code: str = answer.json()["grants"][GRANT_TYPE]["pre-authorized_code"]
    return code


def token_form(pre_authorized_code: str, tx_code: str = CODE, **other: str) -> dict[str, str]:
    return {
        "grant_type": GRANT_TYPE,
        "pre-authorized_code": pre_authorized_code,
        "tx_code": tx_code,
        **other,
    }


async def redeem(
    http: httpx.AsyncClient, pre_authorized_code: str, tx_code: str = CODE, **other: str
) -> httpx.Response:
    return await http.post("/token", data=token_form(pre_authorized_code, tx_code, **other))


def error_of(answer: httpx.Response) -> tuple[int, str]:
    body: dict[str, Any] = answer.json()
    return answer.status_code, body["error"]
