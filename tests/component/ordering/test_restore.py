"""What ordering has forgotten by a restore, or others have: orphans, erasures, holds, offers made anew."""

from uuid import UUID

import pytest

from contracts.ordering import OrderErased
from eventing import Orphan, Works
from ordering import store
from ordering.recovery import recovery
from ordering.use_cases import erase_again, record_facts, record_issued_cards
from tests.component.ordering.conftest import PlaceOrder
from tests.component.ordering.scene import Story, tell
from tests.eventlog import published
from tests.mutants import Mutant, apply, holds_against


async def _pass_over(*_orders: object, **_more: object) -> None:
    """As if it had been erased."""


MUTANTS: dict[str, Mutant] = {
    "orphans_are_passed_over": [
        (record_facts, "refuse_orphans", _pass_over),
        (record_issued_cards, "refuse_orphans", _pass_over),
    ],
    "versions_begin_where_they_stood": [(store.students, "raise_hold_versions", _pass_over)],
    "who_was_erased_stays": [(erase_again, "erase_student", _pass_over)],
}


@pytest.fixture
def mutated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param is not None:
        apply(MUTANTS[request.param], monkeypatch)


@holds_against("orphans_are_passed_over")
async def test_facts_about_an_order_that_was_never_here_are_orphans(
    works: Works, story_of_nobody: Story
) -> None:
    refused = 0
    for told in (story_of_nobody.ready(), story_of_nobody.issued(), story_of_nobody.revoked()):
        try:
            await tell(works, told)
        except Orphan:
            refused += 1

    assert refused == 3


@holds_against("who_was_erased_stays")
async def test_a_student_whose_erasure_the_issuer_tells_is_erased_again(
    works: Works, anna: UUID, place_order: PlaceOrder
) -> None:
    story = await place_order()

    await tell(works, story.ready(), story.erased())

    assert await works.pool.fetchval("select count(*) from students where student_ref = $1", anna) == 0
    assert await works.pool.fetchval("select confirmed_at is not null from tombstones")
    assert isinstance((await published(works.pool))[-1], OrderErased)


@holds_against("who_was_erased_stays")
async def test_a_student_whose_erasure_the_old_log_tells_is_erased_again(
    works: Works, anna: UUID, place_order: PlaceOrder
) -> None:
    story = await place_order()
    async with works.begin() as work:
        told = OrderErased(
            event_id=work.new_id(), occurred_at=work.now, institution_id="umcs", order_id=story.order_id
        )

        await recovery(None).finish(work, [told])

    assert await works.pool.fetchval("select count(*) from students where student_ref = $1", anna) == 0


@holds_against("versions_begin_where_they_stood")
async def test_the_next_hold_has_a_higher_version_than_any_that_was_forgotten(
    works: Works, anna: UUID
) -> None:
    async with works.begin() as work:
        forgotten = await store.students.hold(work.connection, anna, True)
        await store.students.hold(work.connection, anna, False)
        await work.connection.execute("update students set hold_version = 0")

        await recovery(None).prepare(work, [], 29_000_000)
        version = await store.students.hold(work.connection, anna, True)

    assert version > 29_000_000 > forgotten


@pytest.mark.usefixtures("anna")
async def test_an_offer_that_was_made_anew_takes_the_place_of_the_forgotten_one(
    works: Works, place_order: PlaceOrder
) -> None:
    story = await place_order()
    await tell(works, story.ready())
    again = story.ready()
    made_anew = again.event.model_copy(update={"offer_id": "B" * 32})

    await tell(works, type(again)(made_anew, again.number))

    assert await works.pool.fetchval("select offer_id from orders") == "B" * 32
