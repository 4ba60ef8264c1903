"""An offer is fetched by its QR: as often as wanted, and by nobody who guesses."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from eventing import Connection, Works
from servicekit.bytes import to_base64url
from servicekit.limits import FixedWindow, RefusedRequests
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NOON, Order, tell
from tests.component.wallet.steps import fetch_code
from tests.waiting import eventually
from wallet.domain import Offer
from wallet.forms import GRANT_TYPE
from wallet.parts import Parts
from wallet.store import offers


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[Offer | None]:
    """What each look into the database found."""
    found: list[Offer | None] = []
    look = offers.load_offer

    async def look_and_tell(connection: Connection, offer_id: str) -> Offer | None:
        found.append(await look(connection, offer_id))
        return found[-1]

    monkeypatch.setattr(offers, "load_offer", look_and_tell)
    return found


async def test_an_offer_is_one_of_the_standard_and_names_no_person(
    http: httpx.AsyncClient, works: Works, order: Order
) -> None:
    await tell(works, order.ready())

    answer = await http.get(f"/offers/{order.offer_id()}")

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    offer = answer.json()
    assert offer["grants"][GRANT_TYPE].pop("pre-authorized_code")
    assert offer == {
        "credential_issuer": "http://localhost:8002/t/umcs",
        "credential_configuration_ids": ["legitymacja_studencka_sd_jwt"],
        "grants": {
            GRANT_TYPE: {
                "tx_code": {
                    "input_mode": "numeric",
                    "length": 8,
                    "description": "Kod aktywacyjny z zakładki mLegitymacja"
                    " / Activation code from the mLegitymacja tab",
                }
            }
        },
    }


async def test_fetching_an_offer_again_and_again_writes_nothing(
    http: httpx.AsyncClient, works: Works, order: Order
) -> None:
    await tell(works, order.ready())
    async with works.begin() as work:
        before = await work.connection.fetch("select xmin, * from offers")

    for _ in range(5):
        await fetch_code(http, order)

    async with works.begin() as work:
        assert await work.connection.fetch("select xmin, * from offers") == before
        assert await work.connection.fetchval("select count(*) from events") == 0


async def test_an_offer_that_is_on_its_way_is_waited_for(
    http: httpx.AsyncClient, works: Works, order: Order, looks: list[Offer | None]
) -> None:
    fetching = asyncio.create_task(http.get(f"/offers/{order.offer_id()}"))
    await eventually(lambda: looks == [None])

    await tell(works, order.ready())

    assert (await fetching).status_code == 200


async def test_an_offer_that_does_not_arrive_in_time_is_asked_for_again(
    http: httpx.AsyncClient, order: Order
) -> None:
    answer = await http.get(f"/offers/{order.offer_id()}")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["code"] == "OFFER_NOT_READY"


@pytest.mark.parametrize("guess", [to_base64url(bytes(24)), "short", "%C5%BC", "a" * 4000, "A" * 31 + "="])
async def test_an_unknown_offer_is_answered_like_a_withdrawn_one(
    http: httpx.AsyncClient, works: Works, order: Order, guess: str, looks: list[Offer | None]
) -> None:
    await tell(works, order.ready(), order.withdrawn())

    withdrawn = await http.get(f"/offers/{order.offer_id()}")
    unknown = await http.get(f"/offers/{guess}")

    assert withdrawn.status_code == unknown.status_code == 404
    assert withdrawn.content == unknown.content
    assert withdrawn.headers == unknown.headers
    assert len(looks) == 2


async def test_an_erased_offer_is_not_waited_for_but_unknown(
    http: httpx.AsyncClient, works: Works, order: Order, looks: list[Offer | None]
) -> None:
    await tell(works, order.ready(), order.erased())

    erased = await http.get(f"/offers/{order.offer_id()}")
    unknown = await http.get(f"/offers/{to_base64url(bytes(24))}")

    assert (erased.status_code, erased.content) == (404, unknown.content)
    assert looks == [None, None]


async def test_an_expired_offer_is_not_served(http: httpx.AsyncClient, works: Works, order: Order) -> None:
    await tell(works, order.ready(expires_at=NOON))

    answer = await http.get(f"/offers/{order.offer_id()}")

    assert answer.status_code == 404


async def test_a_new_generation_kills_the_old_qr(http: httpx.AsyncClient, works: Works, order: Order) -> None:
    await tell(works, order.ready(1), order.ready(2))

    old = await http.get(f"/offers/{order.offer_id(1)}")
    new = await http.get(f"/offers/{order.offer_id(2)}")

    assert (old.status_code, new.status_code) == (404, 200)


async def test_who_guesses_offers_has_to_wait_and_good_requests_do_not_count(
    http: httpx.AsyncClient, works: Works, order: Order, strict_limit: None
) -> None:
    await tell(works, order.ready())
    for _ in range(5):
        await fetch_code(http, order)

    guesses = [await http.get(f"/offers/{to_base64url(bytes(24))}") for _ in range(4)]

    assert [guess.status_code for guess in guesses] == [404, 404, 404, 429]
    assert int(guesses[-1].headers["retry-after"]) > 0


async def test_one_offer_is_fetched_so_many_times_a_minute_and_others_are_not_in_its_way(
    http: httpx.AsyncClient, works: Works, new_order: NewOrder, web: FastAPI, parts: Parts
) -> None:
    web.state.parts = replace(parts, good=FixedWindow(2), refused=RefusedRequests(per_minute=1))
    order, other = new_order(), new_order()
    await tell(works, order.ready(), other.ready())

    answers = [await http.get(f"/offers/{order.offer_id()}") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "60"
    await fetch_code(http, other)


async def test_any_page_may_fetch_an_offer(http: httpx.AsyncClient, works: Works, order: Order) -> None:
    await tell(works, order.ready())

    answer = await http.get(f"/offers/{order.offer_id()}", headers={"Origin": "https://wallet.example"})

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
