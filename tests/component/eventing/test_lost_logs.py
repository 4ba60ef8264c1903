"""Logs that are new, emptied, cut or too old: they are read anew, and what is missing is sent again."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from contracts.catalogue import ORDERS, partition_of
from contracts.platform import ReplayRequested
from eventing import lanes
from eventing.log import TopicState
from eventing.positions import Position, decide_start
from eventing.relay import Relay, Served
from eventing.topics import TopicWatch
from tests.component.eventing.orders import requested
from tests.component.eventing.steps import (
    PLACE,
    applied,
    orders_in_one_partition,
    orders_in_partitions,
    place,
)
from tests.component.eventing.world import SETTINGS, World
from tests.eventlog import published
from tests.mutants import holds_against
from tests.waiting import eventually, somebody_waits


def state(topic_id: str = "log", end: int = 10) -> TopicState:
    return TopicState(topic_id, {3: end})


def test_reading_goes_on_where_it_was() -> None:
    start = decide_start(PLACE, Position("log", 7), state(), 0)

    assert (start.position.next_offset, start.question) == (7, None)


@pytest.mark.parametrize(
    ("known", "now", "begin", "reason"),
    [
        (None, state(), 0, "new_service"),
        (Position("log", 7), state(topic_id="another"), 0, "log_lost"),
        (Position("log", 7), state(end=5), 0, "log_lost"),
        (Position("log", 7), state(), 9, "retention_passed"),
    ],
)
def test_a_log_that_is_new_lost_or_cut_is_read_from_its_beginning_and_asked_for(
    known: Position | None, now: TopicState, begin: int, reason: str
) -> None:
    start = decide_start(PLACE, known, now, begin)

    assert start.position.next_offset == begin
    assert start.question is not None
    assert (start.question.reason, start.question.partition) == (reason, 3)


def test_what_is_asked_for_begins_an_hour_before_the_last_event_applied(world: World) -> None:
    start = decide_start(PLACE, Position("log", 7, world.clock()), state(topic_id="another"), 0)

    assert start.question is not None
    assert start.question.since == world.clock() - timedelta(hours=1)


@holds_against("position_taken_from_kafka")
async def test_an_emptied_and_refilled_log_loses_nothing(world: World) -> None:
    """Kafka's own position outlives the log it was taken in, and skips as much of the new one."""
    before, after = orders_in_one_partition(20), orders_in_one_partition(30)
    await place(world, *before)
    await world.hear()

    world.log.empty()
    await world.ordering.watch.look()
    await place(world, *after)
    await world.issuer.watch.look()
    await world.hear()
    await world.hear()

    assert applied(world) == {order: [1] for order in before + after}


async def test_what_an_emptied_log_had_not_delivered_is_sent_again_by_itself(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)
    world.log.empty()

    await world.ordering.watch.look()
    await world.issuer.watch.look()
    await world.hear()
    for _ in range(3):
        await world.heal()

    assert applied(world) == {order_id: [1]}


async def test_only_one_replica_asks_after_a_lost_log(world: World) -> None:
    await place(world, uuid4())
    world.log.empty()

    works = world.ordering.works
    replica = TopicWatch(service="ordering", admin=world.log, works=works, settings=SETTINGS)

    await world.ordering.watch.look()
    await replica.look()

    assert len(await questions(world, "log_replaced")) == 16


async def questions(world: World, reason: str) -> list[ReplayRequested]:
    """What ordering has asked for, itself being the owner."""
    events = await published(world.ordering.works.pool)
    return [event for event in events if isinstance(event, ReplayRequested) and event.reason == reason]


async def test_the_lost_end_of_a_log_is_sent_again(world: World) -> None:
    (order_id,) = orders_in_one_partition(1)
    await place(world, order_id)
    world.log.cut(*PLACE, end=0)

    for _ in range(3):
        await world.ordering.watch.look()
    for _ in range(3):
        await world.heal()

    assert applied(world) == {order_id: [1]}


async def hold_a_round_open(world: World, acknowledged: UUID, hanging: UUID) -> asyncio.Task[Served]:
    """A relay whose round has an answer for one lane, and waits for that of another."""
    patient = SETTINGS.model_copy(update={"relay_round": 60})
    relay = Relay(
        pool=world.ordering_pool,
        connect=world.connect,
        watch=world.ordering.watch,
        settings=patient,
        clock=world.clock,
    )
    hung = partition_of(str(hanging))
    world.writer.script = lambda _topic, partition, _count: "hang" if partition == hung else "acknowledge"
    await world.say(lambda work: requested(work, acknowledged), lambda work: requested(work, hanging))
    held = asyncio.create_task(relay.serve_healthy())
    await eventually(lambda: world.writer.under_way == {(ORDERS.name, hung)})
    world.writer.script = lambda *_: "acknowledge"
    return held


@holds_against("what_a_dead_log_acknowledged_counts")
async def test_what_a_log_has_acknowledged_before_it_was_replaced_counts_for_nothing(world: World) -> None:
    """One relay still waits for its round, while another asks after the loss and is answered."""
    acknowledged, hanging = orders_in_partitions(3, 4)
    held = await hold_a_round_open(world, acknowledged, hanging)

    world.log.empty()
    await heal_for_long(world)
    world.writer.release.set()
    await held
    await heal_for_long(world)

    assert applied(world) == {acknowledged: [1], hanging: [1]}


@holds_against("what_a_dead_log_acknowledged_counts")
async def test_a_new_log_is_seen_after_what_the_old_one_acknowledged_is_written_down(world: World) -> None:
    (order_id,) = orders_in_partitions(3)
    await world.say(lambda work: requested(work, order_id))
    marked, may_commit = asyncio.Event(), asyncio.Event()

    async def mark() -> None:
        async with world.ordering_pool.acquire() as connection, connection.transaction():
            runs = await lanes.claim(connection, failing=False, limit=99, now=world.clock())
            (run,) = await lanes.read_unsent(connection, runs, 99)
            run.topic_id = world.ordering.watch.topic_id(run.topic)
            run.acknowledge(run.rows, 0)
            await world.ordering.relay._record(connection, [run])
            marked.set()
            await may_commit.wait()

    marking = asyncio.create_task(mark())
    await marked.wait()
    world.log.empty()
    looking = asyncio.create_task(world.ordering.watch.look())
    try:
        await eventually(lambda: somebody_waits(world.ordering_pool))
    finally:
        may_commit.set()
        await asyncio.gather(marking, looking)
    await heal_for_long(world)

    assert applied(world) == {order_id: [1]}


async def heal_for_long(world: World) -> None:
    for _ in range(4):
        world.clock.advance(minutes=11)
        for each in (world.ordering, world.issuer):
            await each.watch.look()
        await world.hear()
        await world.ordering.relay.serve_failing()
        await world.heal()


@holds_against("a_cut_log_goes_on")
async def test_what_comes_to_stand_before_a_lost_end_is_sent_until_it_stands_behind_it(world: World) -> None:
    """Before the watch has seen that the end is lost, the log may be as long again as it was."""
    first, heard, unheard, new = orders_in_one_partition(4)
    await place(world, first, heard)
    await world.hear()
    await place(world, unheard)
    world.log.cut(*PLACE, end=1)

    await place(world, new)
    for _ in range(3):
        world.clock.advance(seconds=5)
        await world.ordering.relay.serve_failing()
    await world.hear()

    assert applied(world) == {order: [1] for order in (first, heard, unheard, new)}


async def test_an_end_that_is_shorter_for_a_moment_is_no_loss(world: World) -> None:
    (order_id,) = orders_in_one_partition(1)
    await place(world, order_id)
    kept = list(world.log.topics[ORDERS.name].records[PLACE[1]])

    world.log.cut(*PLACE, end=0)
    await world.ordering.watch.look()
    world.log.topics[ORDERS.name].records[PLACE[1]] = kept
    for _ in range(3):
        await world.ordering.watch.look()

    asked = [
        event for event in await published(world.ordering.works.pool) if isinstance(event, ReplayRequested)
    ]
    assert [event for event in asked if event.reason == "log_end_lost"] == []


async def test_a_log_cut_below_what_was_read_begins_anew(world: World) -> None:
    old, new = orders_in_one_partition(3), orders_in_one_partition(2)
    await place(world, *old)
    await world.hear()
    world.log.cut(*PLACE, end=0)
    for _ in range(3):
        await world.issuer.watch.look()

    await world.hear()
    await place(world, *new)
    for _ in range(3):
        await world.heal()

    assert applied(world) == {order: [1] for order in old + new}


async def test_a_consumer_that_was_away_longer_than_retention_is_sent_what_it_missed(world: World) -> None:
    orders = orders_in_one_partition(5)
    await place(world, *orders)
    world.log.expire(*PLACE, begin=4)

    await world.reader.assign(list(world.reader.positions))
    for _ in range(3):
        await world.heal()

    assert applied(world) == {order: [1] for order in orders}


async def test_what_was_fetched_before_a_change_of_assignment_is_dropped(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)
    places = list(world.reader.positions)
    world.reader.before_returning.append(lambda: world.reader.assign(places))

    await world.hear()
    dropped = applied(world)
    await world.hear()

    assert dropped == {}
    assert applied(world) == {order_id: [1]}


async def test_a_batch_whose_position_another_process_has_moved_counts_for_nothing(world: World) -> None:
    (order_id,) = orders_in_one_partition(1)
    await place(world, order_id)
    await world.issuer_pool.execute(
        "update positions set next_offset = 1 where topic = $1 and partition = $2", *PLACE
    )

    await world.hear()

    assert applied(world) == {}
