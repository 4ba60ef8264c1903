"""Offers follow the issuer's events, in whatever order they come."""

from datetime import timedelta

from eventing import Works
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NOON, Order, tell
from wallet.consumers import on_credential_ready
from wallet.domain import Offer
from wallet.store.offers import load_offer


async def served(works: Works, order: Order, generation: int = 1) -> Offer | None:
    async with works.begin() as work:
        return await load_offer(work.connection, order.offer_id(generation))


async def ended(works: Works, order: Order, generation: int = 1) -> str | None:
    offer = await served(works, order, generation)
    assert offer is not None
    return offer.ended


async def test_a_ready_credential_is_served_with_all_attempts(works: Works, order: Order) -> None:
    await tell(works, order.ready())

    offer = await served(works, order)

    assert offer is not None
    assert offer.is_served(NOON)
    assert offer.attempts == 0


async def test_a_newer_generation_ends_the_older_one(works: Works, order: Order) -> None:
    await tell(works, order.ready(1), order.ready(2))

    assert await ended(works, order, 1) == "superseded"
    assert await ended(works, order, 2) is None


async def test_an_older_generation_that_comes_late_is_ended_at_once(works: Works, order: Order) -> None:
    await tell(works, order.ready(2), order.ready(1))

    assert await ended(works, order, 1) == "superseded"
    assert await ended(works, order, 2) is None


async def test_a_withdrawn_offer_is_ended_and_its_successor_is_not(works: Works, order: Order) -> None:
    await tell(works, order.ready(1), order.withdrawn(1), order.ready(2))

    assert await ended(works, order, 1) == "withdrawn"
    assert await ended(works, order, 2) is None


async def test_an_issued_card_ends_its_offer(works: Works, order: Order) -> None:
    await tell(works, order.ready(), order.issued())

    assert await ended(works, order) == "issued"


async def test_a_revocation_ahead_of_its_offer_leaves_no_offer_open(works: Works, order: Order) -> None:
    ready, revoked = order.ready(), order.revoked()

    await tell(works, revoked, ready)

    assert await ended(works, order) == "issued"


async def test_an_offer_told_twice_keeps_its_attempts(works: Works, order: Order) -> None:
    ready = order.ready()
    await tell(works, ready)
    async with works.begin() as work:
        await work.connection.execute("update offers set attempts = 3")

    await tell(works, ready)

    offer = await served(works, order)
    assert offer is not None
    assert offer.attempts == 3


async def test_one_call_takes_the_events_of_many_orders(works: Works, new_order: NewOrder) -> None:
    orders = [new_order() for _ in range(5)]
    ready = [order.ready(expires_at=NOON + timedelta(days=1)) for order in orders]

    async with works.begin() as work:
        await on_credential_ready(work, ready)

    assert [await ended(works, order) for order in orders] == [None] * 5


async def test_erasure_deletes_everything_and_nothing_comes_back(works: Works, order: Order) -> None:
    events = [order.ready(), order.issued(), order.suspended(), order.revoked(), order.erased()]
    await tell(works, *events)

    await tell(works, *events)

    async with works.begin() as work:
        for table in ("offers", "cards", "presentations", "replacements"):
            assert await work.connection.fetchval(f"select count(*) from {table}") == 0


async def test_an_offer_that_a_restored_issuer_made_anew_takes_the_place_of_the_forgotten_one(
    works: Works, order: Order
) -> None:
    await tell(works, order.ready())
    forgotten = order.offer_ids.pop(1)
    await tell(works, order.ready())

    assert await served(works, order) is not None
    async with works.begin() as work:
        assert await load_offer(work.connection, forgotten) is None
