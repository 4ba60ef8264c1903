"""Questions that the issuer does not answer are played again, with patience and without a storm."""

from datetime import timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import AsyncMock, Mock
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.catalogue import partition_of
from contracts.platform import ReplayRequested
from eventing import Received, Works
from ordering import store
from ordering.app import remind_due
from ordering.parts import Parts
from ordering.use_cases.remind_issuer import remind_issuer
from tests.component.ordering.conftest import PlaceOrder, SignIn
from tests.component.ordering.scene import NOON, Clock, Story, tell
from tests.eventlog import published


async def remind(works: Works) -> list[tuple[str, str | None]]:
    """What is asked for now."""
    before = len(await published(works.pool))
    async with works.begin() as work:
        await remind_issuer(work)
    events = (await published(works.pool))[before:]
    return [(event.topic, event.key) for event in events if isinstance(event, ReplayRequested)]


def both_topics(*order_ids: UUID) -> list[tuple[str, str]]:
    topics = ("ordering.orders.v1", "issuer.credentials.v1")
    return [(topic, str(order_id)) for order_id in sorted(order_ids, key=str) for topic in topics]


def ids_of_one_lane(number: int) -> list[UUID]:
    found: list[UUID] = []
    while len(found) < number:
        candidate = uuid4()
        if partition_of(str(candidate)) == 3:
            found.append(candidate)
    return found


async def ask(works: Works, *order_ids: UUID) -> None:
    async with works.begin() as work:
        await store.questions.ask(work.connection, [(order_id, "offer") for order_id in order_ids], work.now)


async def answer(works: Works, order_id: UUID) -> None:
    async with works.begin() as work:
        await store.questions.answer(work.connection, [(order_id, "offer")], work.now)


async def test_an_overtaken_question_is_played_again_in_both_topics(works: Works, clock: Clock) -> None:
    lost, later = ids_of_one_lane(2)
    await ask(works, lost)
    clock.advance(seconds=1)
    await ask(works, later)
    await answer(works, later)
    at_once = await remind(works)
    clock.advance(seconds=4)

    assert (at_once, await remind(works)) == ([], both_topics(lost))


async def test_a_question_that_was_asked_after_the_last_answer_has_time(works: Works, clock: Clock) -> None:
    answered, waiting = ids_of_one_lane(2)
    await ask(works, answered)
    await answer(works, answered)
    clock.advance(seconds=1)
    await ask(works, waiting)
    clock.advance(minutes=1)

    assert await remind(works) == []


async def test_a_question_of_another_lane_proves_nothing(works: Works, clock: Clock) -> None:
    lost = ids_of_one_lane(1)[0]
    other = next(candidate for candidate in iter(uuid4, None) if partition_of(str(candidate)) != 3)
    await ask(works, lost)
    clock.advance(seconds=1)
    await ask(works, other)
    await answer(works, other)
    clock.advance(minutes=1)

    assert await remind(works) == []


async def test_it_is_repeated_with_growing_pauses(works: Works, clock: Clock) -> None:
    lost, later = ids_of_one_lane(2)
    await ask(works, lost)
    clock.advance(seconds=1)
    await ask(works, later)
    await answer(works, later)
    asked_at: list[int] = []
    for second in range(0, 3000, 10):
        if await remind(works):
            asked_at.append(second)
        clock.advance(seconds=10)

    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert pauses == [30, 60, 120, 240, 480, 600, 600, 600]


async def test_when_nothing_is_answered_only_the_oldest_of_a_lane_is_asked_for(
    works: Works, clock: Clock
) -> None:
    oldest, *others = ids_of_one_lane(20)
    await ask(works, oldest)
    clock.advance(seconds=1)
    await ask(works, *others)
    clock.advance(seconds=298)
    before = await remind(works)
    clock.advance(seconds=1)

    assert (before, await remind(works)) == ([], both_topics(oldest))
    assert await remind(works) == []


@pytest.mark.parametrize(("behind", "asked"), [(True, 0), (False, 2)])
async def test_nothing_is_asked_for_again_while_the_service_is_behind(
    parts: Parts, works: Works, clock: Clock, behind: bool, asked: int
) -> None:
    await ask(works, *ids_of_one_lane(1))
    clock.advance(minutes=5)

    await remind_due(parts, Mock(behind=AsyncMock(return_value=behind)))

    assert len(await published(works.pool)) == asked


async def test_a_question_that_is_being_answered_is_left_alone(works: Works, clock: Clock) -> None:
    asked = ids_of_one_lane(1)[0]
    await ask(works, asked)
    clock.advance(minutes=5)

    async with works.begin() as work:
        await store.questions.answer(work.connection, [(asked, "offer")], work.now)
        assert await remind(works) == []


async def test_whatever_waits_for_the_issuer_is_watched(
    signed_in: SignIn, works: Works, clock: Clock, place_order: PlaceOrder, anna: UUID
) -> None:
    http = signed_in("anna", at=NOON + timedelta(days=1))
    story = await place_order()
    commands = {
        f"/api/v1/orders/{story.order_id}/activation-code": story.ready(generation=2),
        f"/api/v1/cards/{story.credential_id}/suspension": story.suspended("holder"),
        f"/api/v1/cards/{story.credential_id}/reinstatement": story.reinstated(),
        f"/api/v1/cards/{story.credential_id}/revocation": story.revoked(),
    }
    watched = [await waits_until_told(works, clock, story, story.ready())]

    for path, told in commands.items():
        if path.endswith("suspension"):
            await tell(works, story.issued())
        assert (await http.post(path)).status_code == 202
        watched.append(await waits_until_told(works, clock, story, told))

    assert watched == [True] * 5


async def test_a_cancellation_is_watched(
    http: httpx.AsyncClient, works: Works, clock: Clock, place_order: PlaceOrder
) -> None:
    story = await place_order()
    await tell(works, story.ready())

    await http.post(f"/api/v1/orders/{story.order_id}/cancellation")

    assert await waits_until_told(works, clock, story, story.withdrawn())


async def waits_until_told(works: Works, clock: Clock, story: Story, told: Received[Any]) -> bool:
    """Whether the order is asked for while the answer is missing, and never after it."""
    clock.advance(minutes=10)
    asked = await remind(works)
    await tell(works, told)
    clock.advance(minutes=20)
    return asked == both_topics(story.order_id) and await remind(works) == []
