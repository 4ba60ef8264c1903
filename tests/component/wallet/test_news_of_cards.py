"""A phone asks whether its card can be fetched anew, and nobody else learns anything by asking."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from eventing import Works
from servicekit.bytes import to_base64url
from tests.component.wallet.packs import ask_about, check, put
from tests.component.wallet.scene import NEXT_MONTH, Clock, Order, Phone, tell

IN_SPRING = NEXT_MONTH + timedelta(days=150)


async def news(http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock) -> tuple[Any, Any]:
    answer = await ask_about(http, card, handle, clock)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return told["valid_until"], told["revision"]


async def test_a_card_that_nobody_has_changed_is_as_it_was_issued(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    answer = await ask_about(http, card, handle, clock)

    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "server_time": "2026-10-01T12:00:00Z",
        "valid_until": "2026-10-31T12:00:00Z",
        "revision": None,
    }


async def test_an_extension_is_told_to_the_phone(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock
) -> None:
    await tell(works, card.extended(IN_SPRING))

    assert await news(http, card, handle, clock) == ("2027-03-30T12:00:00Z", None)


async def test_new_data_are_told_by_the_number_of_their_revision_alone(
    http: httpx.AsyncClient, works: Works, card: Order, handle: bytes, clock: Clock
) -> None:
    await tell(works, card.updated(2), card.updated(3))

    assert await news(http, card, handle, clock) == ("2026-10-31T12:00:00Z", 3)


async def test_another_key_and_an_unknown_card_are_one_refusal(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    stranger = replace(card, phone=Phone())
    nobody = replace(stranger, credential_id=stranger.order_id)

    answers = [await ask_about(http, asked, handle, clock) for asked in (stranger, nobody)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "PROOF_REFUSED")] * 2


async def test_a_proof_for_asking_deletes_nothing_and_one_for_deleting_tells_nothing(
    http: httpx.AsyncClient, card: Order, handle: bytes, clock: Clock
) -> None:
    await put(http, card, handle, clock)
    asking = (await ask_about(http, card, handle, clock)).request

    deleted = await http.delete(
        asking.url, headers={"Presentation-Proof": asking.headers["presentation-proof"]}
    )
    told = await ask_about(http, card, handle, clock, body=b"")

    assert (deleted.status_code, told.status_code) == (403, 403)
    assert (await check(http, card.phone, handle, clock))["outcome"] == "valid"


@pytest.mark.parametrize("header", [{}, {"Presentation-Proof": "x"}])
async def test_without_a_proof_nothing_is_told(
    http: httpx.AsyncClient, card: Order, handle: bytes, header: dict[str, str]
) -> None:
    answer = await http.get(f"/api/v1/presentations/{to_base64url(handle)}", headers=header)

    assert answer.status_code in (403, 422)
