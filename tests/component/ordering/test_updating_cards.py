"""New data of a student reach the cards and orders that show them, sealed for the issuer alone."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from contracts.catalogue import type_of
from contracts.issuer import CardUpdated
from contracts.ordering import CardChangeRequested
from eventing import Received, Works
from ordering import store
from ordering.sealing import Sealers
from ordering.use_cases.forget_photos import forget_photos
from ordering.use_cases.update_cards import update_cards
from servicekit.sealing import SealingContext
from tests.component.ordering.conftest import PlaceOrder
from tests.component.ordering.scene import NOON, PHOTO, PHOTO_SHA256, SEMESTER_END, Clock, Story, tell
from tests.eventlog import published


async def give(works: Works, sealers: Sealers, student_ref: UUID, **data: Any) -> None:
    """What a list does when it tells new data."""
    async with works.begin() as work:
        student = await store.students.lock(work.connection, student_ref)
        assert student is not None
        await update_cards(work, sealers, replace(student, **data), actor_ref="import")


async def add_photo(works: Works, sha256: str) -> None:
    await works.pool.execute("insert into photos values ('umcs', $1, $2, $3)", sha256, PHOTO, NOON)


async def photos(works: Works) -> set[str]:
    return {row["sha256"] for row in await works.pool.fetch("select sha256 from photos")}


async def asked(works: Works) -> Sequence[CardChangeRequested]:
    return [event for event in await published(works.pool) if isinstance(event, CardChangeRequested)]


def holder_in(event: CardChangeRequested, sealers: Sealers) -> dict[str, Any]:
    context = SealingContext(
        type_of(CardChangeRequested), event.institution_id, event.order_id, "holder_sealed"
    )
    holder: dict[str, Any] = json.loads(sealers.holder.open(event.holder_sealed or "", context))
    return holder


async def test_the_issuer_is_told_the_new_data_and_the_card_waits_for_its_answer(
    works: Works, sealers: Sealers, anna: UUID, place_order: PlaceOrder, http: httpx.AsyncClient
) -> None:
    story = await place_order()
    await tell(works, story.ready(), story.issued())

    await give(works, sealers, anna, family_name="Nowa")
    [waiting] = (await http.get("/api/v1/cards")).json()
    await tell(works, story._told(CardUpdated, revision=2))

    [event] = await asked(works)
    assert (event.change, event.by, event.actor_ref) == ("update", "system", "import")
    assert holder_in(event, sealers)["family_name"] == "Nowa"
    assert waiting["requested"] == ["update"]
    assert (await http.get("/api/v1/cards")).json()[0]["requested"] == []
    timeline = (await http.get(f"/api/v1/orders/{story.order_id}")).json()["timeline"]
    assert [entry["kind"] for entry in timeline[-2:]] == ["card_change_requested", "card_updated"]


async def test_a_card_to_come_is_made_of_the_new_data(
    works: Works, sealers: Sealers, anna: UUID, place_order: PlaceOrder
) -> None:
    """Nothing has to be answered: there is no card yet."""
    await place_order()

    await give(works, sealers, anna, given_names="Zofia")

    [event] = await asked(works)
    assert holder_in(event, sealers)["given_names"] == "Zofia"
    waiting = await works.pool.fetch("select question from open_questions")
    assert [row["question"] for row in waiting] == ["offer"]


def _revoked(story: Story) -> Received[Any]:
    return story.revoked()


def _replaced(story: Story) -> Received[Any]:
    return story.replaced()


@pytest.mark.parametrize("end", [_revoked, _replaced])
async def test_a_card_that_has_ended_is_left_alone(
    works: Works, sealers: Sealers, anna: UUID, place_order: PlaceOrder, end: Callable[[Story], Received[Any]]
) -> None:
    story = await place_order()
    await tell(works, story.ready(), story.issued(), end(story))

    await give(works, sealers, anna, family_name="Nowa")

    assert await asked(works) == []


@pytest.mark.parametrize(("after_its_end", "times"), [(timedelta(days=30), 1), (timedelta(days=31), 0)])
async def test_an_expired_card_is_updated_as_long_as_an_extension_may_bring_it_back(
    works: Works,
    sealers: Sealers,
    anna: UUID,
    place_order: PlaceOrder,
    clock: Clock,
    after_its_end: timedelta,
    times: int,
) -> None:
    story = await place_order()
    await tell(works, story.ready(), story.issued())
    clock.now = SEMESTER_END + after_its_end

    await give(works, sealers, anna, family_name="Nowa")

    assert len(await asked(works)) == times


async def test_the_issuer_gets_the_new_photo_and_still_the_one_it_may_be_asking_for(
    works: Works, sealers: Sealers, anna: UUID, place_order: PlaceOrder
) -> None:
    story = await place_order()
    await tell(works, story.ready(), story.issued())
    newer, newest = "cd" * 32, "ef" * 32

    served = []
    for sha256 in (newer, newest):
        await add_photo(works, sha256)
        await works.pool.execute("update students set photo_sha256 = $1", sha256)
        await give(works, sealers, anna)
        async with works.begin() as work:
            served.append(
                {
                    each
                    for each in (PHOTO_SHA256, newer, newest)
                    if await store.orders.photo(work.connection, story.order_id, each)
                }
            )

    assert served == [{PHOTO_SHA256, newer}, {newer, newest}]
    assert await photos(works) == {newer, newest}


async def test_both_photos_go_with_the_card(
    works: Works, sealers: Sealers, anna: UUID, place_order: PlaceOrder
) -> None:
    story = await place_order()
    await tell(works, story.ready(), story.issued())
    await add_photo(works, "cd" * 32)
    await give(works, sealers, anna, photo_sha256="cd" * 32)
    await works.pool.execute("update students set photo_sha256 = null")
    await tell(works, story.revoked())

    async with works.begin() as work:
        await forget_photos(work)

    assert await photos(works) == set()
