"""The dean's office extends many cards by its API: a preview, a start that names it, progress, and a stop."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from eventing import Works
from ordering.sealing import Sealers
from ordering.store import clerks
from ordering.use_cases.start_extension import start_extension
from tests.component.ordering.conftest import SignIn
from tests.component.ordering.extensions import Answers, add_cards, asked, feed
from tests.component.ordering.scene import NOON, Clock, add_student
from tests.waiting import eventually, somebody_waits

API = "/api/v1/clerk/extensions"
UNTIL = {"until": "2027-09-30"}

Office = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def clerk_of(works: Works, signed_in: SignIn) -> Office:
    async def enter(institution: str, minutes_ago: int = 0) -> httpx.AsyncClient:
        async with works.begin() as work:
            await clerks.add(work.connection, work.new_id(), institution, "teresa", work.now)
        return signed_in("teresa", institution, NOON - timedelta(minutes=minutes_ago))

    return enter


@pytest.fixture
async def office(clerk_of: Office) -> httpx.AsyncClient:
    return await clerk_of("umcs")


@pytest.fixture
async def cards(works: Works, sealers: Sealers) -> list[UUID]:
    return await add_cards(works, sealers, 3)


async def test_what_was_previewed_is_started_and_watched_to_its_end(
    office: httpx.AsyncClient, works: Works, sealers: Sealers, cards: list[UUID]
) -> None:
    await add_student(works, sealers, "ewa")

    previewed = await office.post(API, json=UNTIL)
    told = previewed.json()
    assert (previewed.status_code, told["status"], told["cards"]) == (201, "previewed", 3)
    assert told["left_out"] == {"no_card": 1}
    assert await asked(works) == []

    place = previewed.headers["Location"]
    started = await office.post(f"{place}/start")
    assert (started.status_code, started.json()["status"]) == (202, "running")

    await feed(works)
    await Answers(works).give()
    await feed(works)
    ended = (await office.get(place)).json()
    assert (ended["status"], ended["asked"], ended["extended"]) == ("done", 3, 3)
    assert {event.actor_ref for event in await asked(works)} == {await actor(works)}


async def actor(works: Works) -> str:
    started_by: str = await works.pool.fetchval("select started_by from extensions")
    assert started_by.startswith("clerk:")
    return started_by


async def test_named_students_alone_are_reached(office: httpx.AsyncClient, cards: list[UUID]) -> None:
    answer = await office.post(API, json=UNTIL | {"student_numbers": ["student-1-1", "nobody"]})

    told = answer.json()
    assert (told["cards"], told["left_out"]) == (1, {"unknown": 1})
    assert told["unknown_numbers"] == ["nobody"]
    assert "nobody" not in (await office.get(answer.headers["Location"])).text


async def test_of_many_numbers_that_nobody_has_the_first_are_told(office: httpx.AsyncClient) -> None:
    numbers = [f"{number:04}" for number in range(2_000)]

    told = (await office.post(API, json=UNTIL | {"student_numbers": numbers})).json()

    assert told["left_out"] == {"unknown": 2_000}
    assert told["unknown_numbers"] == numbers[:100]


async def test_of_two_that_start_at_once_one_runs_and_is_named_to_the_other(
    office: httpx.AsyncClient, works: Works, cards: list[UUID]
) -> None:
    first, second = [(await office.post(API, json=UNTIL)).json()["extension_id"] for _ in range(2)]

    async with works.begin() as work:
        await start_extension(work, "umcs", UUID(first), actor_ref="clerk:other")
        waiting = asyncio.create_task(office.post(f"{API}/{second}/start"))
        await eventually(lambda: somebody_waits(works.pool))
    refused = await waiting

    assert (refused.status_code, refused.json()["code"]) == (409, "EXTENSION_RUNNING")
    assert refused.json()["extension_id"] == first
    assert first in refused.json()["detail"]


async def test_the_newest_extensions_of_the_own_institution_are_listed(
    office: httpx.AsyncClient, clerk_of: Office, clock: Clock
) -> None:
    for day in ("2027-03-31", "2027-09-30"):
        place = (await office.post(API, json={"until": day})).headers["Location"]
        clock.advance(minutes=1)
    await office.post(f"{place}/start")

    listed = (await office.get(API)).json()

    assert [(each["until"], each["status"]) for each in listed] == [
        ("2027-09-30", "running"),
        ("2027-03-31", "previewed"),
    ]
    assert listed[0]["extension_id"] in place
    assert (await (await clerk_of("pwr")).get(API)).json() == []


async def test_a_stopped_extension_asks_for_no_more(
    office: httpx.AsyncClient, works: Works, cards: list[UUID]
) -> None:
    place = (await office.post(API, json=UNTIL)).headers["Location"]
    await office.post(f"{place}/start")

    stopped = await office.post(f"{place}/cancellation")
    await feed(works)

    assert (stopped.status_code, stopped.json()["status"]) == (202, "cancelled")
    assert await asked(works) == []


async def test_a_start_needs_a_fresh_sign_in(clerk_of: Office, works: Works, cards: list[UUID]) -> None:
    stale = await clerk_of("umcs", minutes_ago=11)
    place = (await stale.post(API, json=UNTIL)).headers["Location"]

    answer = await stale.post(f"{place}/start")

    assert (answer.status_code, answer.json()["code"]) == (403, "FRESH_SIGN_IN_NEEDED")
    assert (await stale.get(place)).json()["status"] == "previewed"


async def test_an_extension_of_another_institution_is_not_found(
    office: httpx.AsyncClient, clerk_of: Office, cards: list[UUID]
) -> None:
    place = (await office.post(API, json=UNTIL)).headers["Location"]
    other = await clerk_of("pwr")

    answers = [
        await other.get(place),
        await other.post(f"{place}/start"),
        await other.post(f"{place}/cancellation"),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert (await office.get(place)).json()["status"] == "previewed"


async def test_a_student_extends_nobody(http: httpx.AsyncClient, cards: list[UUID]) -> None:
    answers = [await http.post(API, json=UNTIL), await http.get(API)]

    assert [answer.json()["code"] for answer in answers] == ["NOT_A_CLERK"] * 2


@pytest.mark.parametrize("until", ["2026-09-30", "2030-01-01", "soon"])
async def test_a_day_that_makes_no_sense_is_refused(office: httpx.AsyncClient, until: str) -> None:
    assert (await office.post(API, json={"until": until})).status_code == 422
