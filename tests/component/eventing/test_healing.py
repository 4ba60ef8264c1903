"""Lost logs, gaps and questions: everything heals by replay, and nothing is asked for in a storm."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.catalogue import ORDERS, REPLAYS, partition_of
from contracts.platform import DigestPublished, ReplayRequested
from eventing import Question, Received, UnitOfWork, lanes
from eventing.log import LogUnavailableError, TopicState
from eventing.positions import Position, decide_start
from eventing.reconciliation import compare_digests, publish_digests
from eventing.relay import Relay, Served
from eventing.replay import answer_slice, ask_for_gaps, mark_key
from eventing.topics import TopicWatch
from tests.component.eventing.orders import expired, requested
from tests.component.eventing.world import SETTINGS, World, handlers_of
from tests.eventlog import published
from tests.mutants import holds_against
from tests.waiting import eventually, somebody_waits

PLACE = (ORDERS.name, 3)


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


def orders_in_one_partition(count: int) -> list[UUID]:
    return orders_in_partitions(*[PLACE[1]] * count)


def orders_in_partitions(*partitions: int) -> list[UUID]:
    made = iter(uuid4, None)
    return [next(each for each in made if partition_of(str(each)) == partition) for partition in partitions]


async def place(world: World, *orders: UUID) -> None:
    await world.say(*(lambda work, order=order: requested(work, order) for order in orders))
    await world.send()


def applied(world: World) -> dict[UUID, list[int]]:
    return {order: [number for number, _ in each] for order, each in world.projection.applied.items() if each}


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
    await eventually(lambda: somebody_waits(world.ordering_pool))
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


@holds_against("replay_that_copies")
async def test_a_replay_marks_what_is_there_and_copies_nothing(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)
    pool = world.ordering.works.pool
    before = await pool.fetchval("select count(*) from events where key = $1", str(order_id))

    await world.issuer.ask_for_replay(Question(ORDERS.name, "test", key=str(order_id)), by="issuer")
    await world.heal()

    assert await pool.fetchval("select count(*) from events where key = $1", str(order_id)) == before
    assert len([record for record in world.log.all(ORDERS.name) if record.key == str(order_id).encode()]) == 2


async def test_a_partition_is_marked_slice_by_slice_within_its_window(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventing.replay.SLICE", 2)
    early, late = orders_in_one_partition(5), orders_in_one_partition(5)
    await place(world, *early)
    world.clock.advance(hours=1)
    begun = world.clock()
    await place(world, *late, *orders_in_partitions(4, 5))

    question = Question(ORDERS.name, "test", partition=PLACE[1], since=begun)
    await world.issuer.ask_for_replay(question, by="issuer")
    await world.issuer.relay.serve_healthy()
    await world.ordering.consumer.step()
    slices = 0
    while await answer_slice(world.ordering.works):
        slices += 1

    marked = await world.ordering_pool.fetch("select key from events where resend")
    assert {row["key"] for row in marked} == {str(order) for order in late}
    assert slices > 3
    assert await world.ordering_pool.fetchval("select count(*) from answers") == 0


async def test_a_marked_event_is_not_marked_again(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)

    async with world.ordering.works.begin() as work:
        first = await mark_key(work.connection, question_for(work, order_id))
        second = await mark_key(work.connection, question_for(work, order_id))

    assert (first, second) == (1, 0)


def question_for(work: UnitOfWork, order_id: UUID) -> ReplayRequested:
    return ReplayRequested(
        event_id=work.new_id(),
        occurred_at=work.now,
        topic=ORDERS.name,
        key=str(order_id),
        partition=None,
        since=None,
        until=None,
        reason="test",
        by="test",
    )


async def test_a_gap_is_asked_for_after_its_patience_and_healed(world: World) -> None:
    order_id = uuid4()
    await world.say(lambda work: requested(work, order_id), lambda work: expired(work, order_id))
    await world.send()
    partition = partition_of(str(order_id))
    records = world.log.topics[ORDERS.name].records[partition]
    records[:] = [replace(records[1], offset=0)]
    await world.hear()

    await ask_about_gaps(world)
    too_early = len(questions_in(world))
    world.clock.advance(seconds=31)
    await ask_about_gaps(world)
    await world.heal()

    assert too_early == 0
    assert applied(world) == {order_id: [1, 2]}


async def ask_about_gaps(world: World) -> None:
    async with world.issuer.works.begin() as work:
        await ask_for_gaps(work, by="issuer", settings=SETTINGS)
    while (await world.issuer.relay.serve_healthy()).events:
        pass


def questions_in(world: World) -> list[bytes | None]:
    return [record.body for record in world.log.all(REPLAYS.name) if b'"gap"' in (record.body or b"")]


@holds_against("asking_without_back_off")
async def test_a_question_is_repeated_later_each_time(world: World) -> None:
    question = Question(ORDERS.name, "test", key=str(uuid4()))
    asked_at = []
    for second in range(0, 2_000, 5):
        async with world.issuer.works.begin() as work:
            from eventing import replay  # noqa: PLC0415 - the mutant replaces it there

            if await replay.ask(work, question, by="issuer", settings=SETTINGS):
                asked_at.append(second)
        world.clock.advance(seconds=5)

    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert pauses == [30, 60, 120, 240, 480, 600][: len(pauses)]
    assert len(pauses) >= 5


async def test_digests_that_agree_ask_for_nothing(world: World) -> None:
    await place(world, *(uuid4() for _ in range(30)))
    await world.hear()

    assert await reconcile(world) == 0


async def test_a_digest_that_differs_asks_for_its_partition_and_hour(world: World) -> None:
    orders = orders_in_one_partition(5)
    await place(world, *orders)
    await world.hear()
    lost = str(orders[2])
    await world.issuer_pool.execute("delete from streams_in where key = $1", lost)

    differences = await reconcile(world)
    for _ in range(2):
        await world.heal()

    assert differences == 1
    assert applied(world)[orders[2]] == [1, 1]
    assert all(numbers == [1] for order, numbers in applied(world).items() if order != orders[2])


async def reconcile(world: World) -> int:
    world.clock.advance(hours=1, minutes=10)
    await tell_digests(world)
    await world.send()
    await world.hear()
    assert any(isinstance(event, DigestPublished) for event in await published(world.ordering.works.pool))
    async with world.issuer.works.begin() as work:
        return await compare_digests(work, by="issuer", settings=SETTINGS)


async def tell_digests(world: World) -> list[DigestPublished]:
    async with world.ordering.works.begin() as work:
        await publish_digests(work, "ordering")
    return [each for each in await published(world.ordering.works.pool) if isinstance(each, DigestPublished)]


async def test_a_past_hour_is_told_of_although_something_new_is_unsent(world: World) -> None:
    await place(world, *orders_in_one_partition(1))
    world.clock.advance(hours=1, minutes=10)
    (unsent,) = orders_in_one_partition(1)
    await world.say(lambda work: requested(work, unsent))

    assert len(await tell_digests(world)) == 1


async def test_an_hour_with_something_unsent_is_told_of_later(world: World) -> None:
    sent, unsent = orders_in_one_partition(2)
    await place(world, sent)
    await world.say(lambda work: requested(work, unsent))
    world.clock.advance(hours=1, minutes=10)

    too_early = await tell_digests(world)
    await world.send()
    (digest,) = await tell_digests(world)

    assert too_early == []
    assert digest.streams == 2


async def test_hours_that_nobody_ran_in_are_told_of_one_by_one(world: World) -> None:
    world.clock.advance(hours=1, minutes=10)
    await tell_digests(world)
    for _ in range(3):
        await place(world, *orders_in_one_partition(1))
        world.clock.advance(hours=1)

    told = [await tell_digests(world) for _ in range(4)][-1]

    assert [each.streams for each in told] == [1, 1, 1]
    assert [each.to - each.from_ for each in told] == [timedelta(hours=1)] * 3
    assert len({each.from_ for each in told}) == 3


async def test_a_broker_that_is_away_delays_and_fails_nothing(world: World) -> None:
    order_id = uuid4()
    world.log.away = True
    world.writer.script = lambda *_: "refuse"
    await world.say(lambda work: requested(work, order_id))
    await world.ordering.relay.serve_healthy()

    world.log.away = False
    world.writer.script = lambda *_: "acknowledge"
    world.clock.advance(seconds=10)
    await world.ordering.relay.serve_failing()
    await world.hear()

    assert applied(world) == {order_id: [1]}


async def test_a_partition_without_a_leader_holds_up_nothing_but_itself(world: World) -> None:
    (held,) = orders_in_one_partition(1)
    free = next(order for order in iter(uuid4, None) if partition_of(str(order)) != PLACE[1])
    await place(world, held, free)
    world.log.leaderless.add(PLACE)
    await world.reader.assign(list(world.reader.positions))

    await world.hear()
    meanwhile, behind = applied(world), await world.issuer.behind()
    world.log.leaderless.clear()
    await world.hear()

    assert (meanwhile, behind) == ({free: [1]}, True)
    assert applied(world) == {held: [1], free: [1]}


async def test_topics_that_an_outage_has_taken_are_made_anew(world: World) -> None:
    order_id = uuid4()
    world.log.topics.clear()

    await world.ordering.watch.look()
    await world.issuer.watch.look()
    await place(world, order_id)
    for _ in range(2):
        await world.hear()

    assert set(world.log.topics) >= {ORDERS.name, REPLAYS.name}
    assert applied(world) == {order_id: [1]}


async def test_clocks_stand_still_while_the_consumer_is_behind(world: World) -> None:
    await world.issuer.watch.look()
    caught_up = await world.issuer.behind()
    await place(world, uuid4())
    await world.issuer.watch.look()
    behind = await world.issuer.behind()

    await world.hear()

    assert (caught_up, behind, await world.issuer.behind()) == (False, True, False)


@holds_against("own_partitions_only")
async def test_clocks_stand_still_while_another_replica_is_behind(world: World) -> None:
    """The partition of the order is the other replica's, which has not read it yet."""
    order_id = uuid4()
    theirs = (ORDERS.name, partition_of(str(order_id)))
    all_places = list(world.reader.positions)
    await world.reader.assign([each for each in all_places if each != theirs])
    other = await world.another_issuer([theirs])
    await place(world, order_id)
    await world.issuer.watch.look()

    await world.hear()
    while_behind = await world.issuer.behind()
    await other.consumer.step()

    assert (while_behind, await world.issuer.behind()) == (True, False)


async def test_a_group_that_never_comes_to_its_end_is_joined_anew(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)
    consumer = world.issuer.consumer
    consumer._settings = SETTINGS.model_copy(update={"stalled_after": 0.2})
    world.reader.stuck = True

    with pytest.raises(TimeoutError):
        await consumer.run()
    world.reader.stuck = False
    again = asyncio.create_task(consumer.run())
    await eventually(lambda: applied(world) == {order_id: [1]})
    again.cancel()

    assert consumer.ready()


async def test_a_batch_that_takes_longer_than_a_group_may_is_finished(world: World) -> None:
    (order_id,) = orders_in_partitions(3)
    await place(world, order_id)
    consumer, patience = world.issuer.consumer, 0.2
    consumer._settings = SETTINGS.model_copy(update={"stalled_after": patience})

    async def handle(work: UnitOfWork, received: list[Received[Any]]) -> None:
        begun = monotonic()
        await eventually(lambda: monotonic() - begun > 2 * patience)
        await world.projection.handle(work, received)

    world.issuer.runner._handlers = handlers_of("issuer", handle)
    running = asyncio.create_task(consumer.run())
    await asyncio.wait([running, asyncio.create_task(heard(world, order_id))], return_when="FIRST_COMPLETED")

    assert not running.done()
    running.cancel()


async def heard(world: World, order_id: UUID) -> None:
    await eventually(lambda: applied(world) == {order_id: [1]})


async def test_a_consumer_that_waited_for_the_broker_is_not_taken_for_a_wedged_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    wedged = []

    async def join(_gate: object) -> None:
        wedged.append(world.issuer._wedged())
        raise LogUnavailableError

    monkeypatch.setattr(world.reader, "start", join)
    world.issuer.consumer.polled_at -= 2 * SETTINGS.wedged_after

    with pytest.raises(LogUnavailableError):
        await world.issuer.consumer.run()

    assert wedged == [False]
