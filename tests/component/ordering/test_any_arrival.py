"""Within a topic numbers give the order; across topics anything may come first, and the end is the same."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from contracts.catalogue import topic_of
from eventing import Received, Works
from ordering import store
from ordering.domain import Order
from ordering.sealing import Sealers
from ordering.timeline import Entry
from tests.component.ordering.conftest import PlaceOrder
from tests.component.ordering.scene import HANDLERS, NOON, Clock, Story, add_students, tell

Told = Received[Any]
Life = Callable[[Story], list[Told]]


def interleavings(streams: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Every merge of the streams that keeps the order within each."""
    if not any(streams):
        yield []
    for index, stream in enumerate(streams):
        if stream:
            rest = [*streams[:index], stream[1:], *streams[index + 1 :]]
            for merged in interleavings(rest):
                yield [stream[0], *merged]


def arrivals(life: Sequence[Told]) -> list[list[int]]:
    """The places in the life, in every order in which they may arrive."""
    streams: defaultdict[str, list[int]] = defaultdict(list)
    for place, told in enumerate(life):
        streams[topic_of(type(told.event)).name].append(place)
    return list(interleavings(list(streams.values())))


async def live_in_every_arrival(works: Works, sealers: Sealers, life: Life) -> list[dict[str, Any]]:
    """One order per arrival, all of them told step by step in batches as a consumer would; their ends."""
    clock = Clock()
    ways = arrivals(life(Story(uuid4(), sealers, clock)))
    stories = await _placed(works, sealers, len(ways), clock)
    lives = [life(story) for story in stories]
    for step in range(len(ways[0])):
        batches: defaultdict[type, list[Told]] = defaultdict(list)
        for way, told in zip(ways, lives, strict=True):
            batches[type(told[way[step]].event)].append(told[way[step]])
        for event_class, batch in batches.items():
            async with works.begin() as work:
                await HANDLERS[event_class](work, batch)
    return await _ends(works)


async def _placed(works: Works, sealers: Sealers, number: int, clock: Clock) -> list[Story]:
    students = await add_students(works, sealers, number)
    orders = [
        Order(uuid4(), "umcs", student, NOON, "web", "pl", None, None, last_entry=1) for student in students
    ]
    async with works.begin() as work:
        for order in orders:
            line = Entry(order.order_id, 1, uuid4(), "order_placed", NOON, "PLACED", {})
            await store.placing.add(
                work.connection, order, line, [], [], idempotency_key="key", request_digest=b"digest"
            )
    return [Story(order.order_id, sealers, clock) for order in orders]


async def _ends(works: Works) -> list[dict[str, Any]]:
    """All that is kept of each order, but for what is random."""
    orders = await works.pool.fetch("select *, code_sealed is null as has_no_code from orders")
    entries = await works.pool.fetch("select order_id, kind, details::text from timeline_entries")
    timelines: defaultdict[UUID, Counter[tuple[str, str]]] = defaultdict(Counter)
    for entry in entries:
        timelines[entry["order_id"]][entry["kind"], entry["details"]] += 1
    random = {"order_id", "student_ref", "credential_id", "lane", "code_sealed"}
    return [
        {name: value for name, value in order.items() if name not in random}
        | {"timeline": timelines[order["order_id"]]}
        for order in orders
    ]


def whole_life(story: Story) -> list[Told]:
    return [
        story.ready(),
        story.alerted("ready"),
        story.locked(),
        story.ready(generation=2),
        story.failed(4, generation=2),
        story.accepted(generation=2),
        story.issued(generation=2),
        story.alerted("activated"),
        story.suspended("holder"),
    ]


async def test_a_whole_life_ends_the_same_in_every_arrival(works: Works, sealers: Sealers) -> None:
    ends = await live_in_every_arrival(works, sealers, whole_life)

    assert len(ends) == 1260
    assert (ends[0]["state"], ends[0]["card_holds"], ends[0]["last_entry"]) == ("ACTIVATED", ["holder"], 10)
    assert all(end == ends[0] for end in ends)
    assert await works.pool.fetchval("select count(*) from open_questions") == 0


def locked_again(story: Story) -> list[Told]:
    return [
        story.ready(),
        story.failed(4),
        story.locked(),
        story.ready(generation=2),
        story.locked(generation=2),
    ]


def opened_again(story: Story) -> list[Told]:
    return [
        story.ready(),
        story.failed(4),
        story.locked(),
        story.ready(generation=2),
        story.failed(3, generation=2),
    ]


@pytest.mark.parametrize(("life", "state"), [(locked_again, "LOCKED"), (opened_again, "READY")])
async def test_a_life_that_stops_half_way_ends_the_same_too(
    works: Works, sealers: Sealers, life: Life, state: str
) -> None:
    ends = await live_in_every_arrival(works, sealers, life)

    assert ends[0]["state"] == state
    assert all(end == ends[0] for end in ends)


async def test_a_batch_of_many_orders_is_as_good_as_one_by_one(
    place_order: PlaceOrder, works: Works, anna: UUID, jan: UUID
) -> None:
    stories = [await place_order("anna"), await place_order("jan")]
    lives = [[story.ready(), story.issued()] for story in stories]

    for batch in zip(*lives, strict=True):
        async with works.begin() as work:
            await HANDLERS[type(batch[0].event)](work, list(batch))

    rows: list[asyncpg.Record] = await works.pool.fetch("select state, last_entry from orders")
    assert [tuple(row) for row in rows] == [("ACTIVATED", 3), ("ACTIVATED", 3)]


async def test_a_swap_and_the_card_it_replaces_may_come_in_one_batch(
    place_order: PlaceOrder, works: Works, anna: UUID, jan: UUID
) -> None:
    old, new = await place_order("anna"), await place_order("jan")
    await tell(works, old.ready(), new.ready())
    issued = [old.issued(), new.issued(replaces=old.credential_id)]

    async with works.begin() as work:
        await HANDLERS[type(issued[0].event)](work, issued)

    ends = await works.pool.fetch("select order_id, card_end from orders where card_issued_at is not null")
    assert {row["order_id"]: row["card_end"] for row in ends} == {
        old.order_id: "REPLACED",
        new.order_id: None,
    }


async def test_facts_about_an_order_that_is_gone_are_passed_over(
    works: Works, story_of_nobody: Story
) -> None:
    tombstone = "insert into tombstones (order_id, institution_id, erased_at) values ($1, 'umcs', now())"
    await works.pool.execute(tombstone, story_of_nobody.order_id)

    await tell(works, story_of_nobody.ready(), story_of_nobody.issued(), story_of_nobody.revoked())

    assert await works.pool.fetchval("select count(*) from timeline_entries") == 0
