"""Storing a sealed pack, and checking a shown code, as phone and checker do."""

from typing import Any

import httpx

from servicekit.bytes import to_base64url
from tests.component.wallet.scene import Clock, Order, Phone
from wallet.use_cases.find_card import ABOUT_THE_CARD

PACK = b"sealed on the phone"


async def put(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock, /, pack: bytes = PACK, **proof: Any
) -> httpx.Response:
    header = card.phone.prove(handle, card.credential_id, pack, clock.now, **proof)
    return await http.put(
        f"/api/v1/presentations/{to_base64url(handle)}",
        content=pack,
        headers={"Presentation-Proof": header, "Content-Type": "application/octet-stream"},
    )


async def ask_about(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock, body: bytes = ABOUT_THE_CARD
) -> httpx.Response:
    """As the phone does before it fetches its card anew."""
    header = card.phone.prove(handle, card.credential_id, body, clock.now)
    address = f"/api/v1/presentations/{to_base64url(handle)}"
    return await http.get(address, headers={"Presentation-Proof": header})


async def check(
    http: httpx.AsyncClient, phone: Phone, handle: bytes, clock: Clock, shown_ago: float = 0
) -> dict[str, Any]:
    """What a checker is told of a code that was made some seconds ago."""
    shown = Clock(clock.now)
    shown.advance(seconds=-shown_ago)
    code = {
        "handle": to_base64url(handle),
        "time": int(shown.now.timestamp()),
        "signature": to_base64url(phone.show(handle, shown.now)),
    }
    answer = await http.post("/api/v1/verifications", json=code)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
