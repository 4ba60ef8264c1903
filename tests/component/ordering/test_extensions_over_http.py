"""The dean's office extends many cards by its API: a preview, a start that names it, progress, and a stop."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from eventing import Works
from ordering.sealing import Sealers
from ordering.store import clerks
from tests.component.ordering.conftest import SignIn
from tests.component.ordering.extensions import Answers, add_cards, asked, feed
from tests.component.ordering.scene import NOON, add_student

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
    told = (await office.post(API, json=UNTIL | {"student_numbers": ["student-1-1", "nobody"]})).json()

    assert (told["cards"], told["left_out"]) == (1, {"unknown": 1})


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
    answer = await http.post(API, json=UNTIL)

    assert (answer.status_code, answer.json()["code"]) == (403, "NOT_A_CLERK")


@pytest.mark.parametrize("until", ["2026-09-30", "2030-01-01", "soon"])
async def test_a_day_that_makes_no_sense_is_refused(office: httpx.AsyncClient, until: str) -> None:
    assert (await office.post(API, json={"until": until})).status_code == 422
