"""What the outbox and the relay promise."""

import asyncio
import json
from uuid import UUID, uuid4

import pytest

from contracts.catalogue import ORDERS, key_of, partition_of
from eventing.codec import EventTooLarge
from tests.component.eventing.orders import erased, expired, requested
from tests.component.eventing.world import World
from tests.eventlog import published
from tests.mutants import holds_against
from tests.waiting import eventually, somebody_waits

pytestmark = pytest.mark.asyncio


def order_in(partition: int) -> UUID:
    return next(order for order in iter(uuid4, None) if partition_of(str(order)) == partition)


async def rows_of(world: World, order_id: UUID) -> list[tuple[int, int | None]]:
    rows = await world.ordering.works.pool.fetch(
        'select number, "offset" from events where key = $1 order by id', str(order_id)
    )
    return [(row["number"], row["offset"]) for row in rows]


def numbers_in_log(world: World, order_id: UUID) -> list[int]:
    records = (record for record in world.log.all(ORDERS.name) if record.key == str(order_id).encode())
    return [int(dict(record.headers)["ce_sequence"] or 0) for record in records]


@holds_against("number_taken_before_the_lock")
async def test_per_key_the_order_of_ids_is_the_order_of_commits(world: World) -> None:
    order_id = uuid4()
    written, may_commit = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with world.ordering.works.begin() as work:
            await world.ordering.works._outbox.add(work.connection, [requested(work, order_id)])
            written.set()
            await may_commit.wait()

    async def second() -> None:
        async with world.ordering.works.begin() as work:
            work.publish(requested(work, order_id))

    earlier = asyncio.create_task(first())
    await written.wait()
    later = asyncio.create_task(second())
    await eventually(lambda: somebody_waits(world.ordering_pool))
    may_commit.set()
    await asyncio.gather(earlier, later)

    assert [number for number, _ in await rows_of(world, order_id)] == [1, 2]


async def test_a_rollback_takes_the_numbers_back(world: World) -> None:
    order_id = uuid4()

    async def fail() -> None:
        async with world.ordering.works.begin() as work:
            await world.ordering.works._outbox.add(work.connection, [requested(work, order_id)])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    await world.say(lambda work: requested(work, order_id))

    assert [number for number, _ in await rows_of(world, order_id)] == [1]


async def test_an_event_that_is_too_large_changes_nothing(world: World) -> None:
    order_id = uuid4()

    with pytest.raises(EventTooLarge):
        await world.say(
            lambda work: requested(work, order_id),
            lambda work: expired(work, uuid4()).model_copy(update={"institution_id": "x" * 70_000}),
        )

    assert await rows_of(world, order_id) == []


async def test_a_service_cannot_speak_for_another(world: World) -> None:
    with pytest.raises(PermissionError):
        async with world.issuer.works.begin() as work:
            work.publish(requested(work, uuid4()))


async def test_what_was_acknowledged_is_marked_with_its_place(world: World) -> None:
    order_id = uuid4()
    await world.say(lambda work: requested(work, order_id), lambda work: expired(work, order_id))

    await world.send()

    offsets = [offset for _, offset in await rows_of(world, order_id)]
    assert offsets == [0, 1]
    assert numbers_in_log(world, order_id) == [1, 2]


@holds_against("two_batches_of_a_lane_in_one_go")
async def test_after_a_failure_nothing_later_of_the_lane_is_sent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventing.relay.BATCH_BYTES", 1)
    order_id = uuid4()
    answers = iter(["refuse"])
    world.writer.script = lambda *_: next(answers, "acknowledge")
    await world.say(*[lambda work: requested(work, order_id)] * 3)

    await world.ordering.relay.serve_healthy()

    assert numbers_in_log(world, order_id) == []
    assert not world.writer.overlapped


async def test_the_acknowledged_prefix_is_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventing.relay.BATCH_BYTES", 1)
    order_id = uuid4()
    answers = iter(["acknowledge", "refuse"])
    world.writer.script = lambda *_: next(answers, "acknowledge")
    await world.say(*[lambda work: requested(work, order_id)] * 3)

    await world.ordering.relay.serve_healthy()
    world.clock.advance(seconds=5)
    await world.ordering.relay.serve_failing()

    assert numbers_in_log(world, order_id) == [1, 2, 3]


@holds_against("all_lanes_in_one")
async def test_a_dead_lane_does_not_hold_up_the_others(world: World) -> None:
    dead, alive = order_in(3), order_in(4)
    world.writer.script = lambda _topic, partition, _count: "refuse" if partition == 3 else "acknowledge"
    await world.say(lambda work: requested(work, dead), lambda work: requested(work, alive))

    await world.ordering.relay.serve_healthy()

    assert numbers_in_log(world, alive) == [1]
    assert await rows_of(world, alive) == [(1, 0)]


async def test_a_lane_that_failed_is_tried_alone_until_it_works(world: World) -> None:
    order_id = order_in(3)
    world.writer.script = lambda *_: "refuse"
    await world.say(lambda work: requested(work, order_id))
    await world.ordering.relay.serve_healthy()

    world.writer.script = lambda *_: "acknowledge"
    too_early = await world.ordering.relay.serve_failing()
    world.clock.advance(seconds=5)
    healed = await world.ordering.relay.serve_failing()

    assert (too_early.lanes, healed.events) == (0, 1)
    assert await world.ordering.works.pool.fetchval("select count(*) from lanes where failures > 0") == 0


@holds_against("all_lanes_in_one")
async def test_a_paused_relay_starves_nobody(world: World) -> None:
    held, free = order_in(3), order_in(4)
    await world.say(lambda work: requested(work, held), lambda work: requested(work, free))
    paused = await world.ordering.works.pool.acquire()
    await paused.execute("begin")
    await paused.execute("select * from lanes where lane = $1 for update", f"{ORDERS.name}/3")

    serving = asyncio.create_task(world.ordering.relay.serve_healthy())
    try:
        await eventually(lambda: numbers_in_log(world, free) == [1], 2)
    finally:
        await paused.execute("rollback")
        await world.ordering.works.pool.release(paused)
        await serving

    assert numbers_in_log(world, held) == []


async def test_a_lane_that_works_again_does_not_wait_for_those_that_hang(world: World) -> None:
    dead, alive = [order_in(partition) for partition in (1, 2, 3)], order_in(4)
    relay = world.ordering.relay
    relay._settings = world.ordering.settings.model_copy(update={"relay_round": 60})
    world.writer.script = lambda *_: "refuse"
    await world.say(*[lambda work, order=order: requested(work, order) for order in (*dead, alive)])
    await relay.serve_healthy()

    world.clock.advance(seconds=5)
    world.writer.script = lambda _topic, partition, _count: "hang" if partition < 4 else "acknowledge"
    running = asyncio.create_task(relay.run())
    try:
        await eventually(lambda: numbers_in_log(world, alive) == [1])
    finally:
        running.cancel()
        await asyncio.wait([running])


async def test_lanes_are_served_in_turn(world: World) -> None:
    first, second = order_in(3), order_in(4)
    world.ordering.relay._settings = world.ordering.settings.model_copy(update={"relay_lanes": 1})
    await world.say(lambda work: requested(work, first), lambda work: requested(work, second))

    await world.ordering.relay.serve_healthy()
    world.clock.advance(seconds=1)
    await world.say(lambda work: requested(work, first))
    await world.ordering.relay.serve_healthy()

    assert numbers_in_log(world, second) == [1]


async def test_a_round_that_hangs_is_given_up_with_its_writer(world: World) -> None:
    stuck, alive = order_in(3), order_in(4)
    world.writer.script = lambda _topic, partition, _count: "hang" if partition == 3 else "acknowledge"
    await world.say(lambda work: requested(work, stuck), lambda work: requested(work, alive))

    served = await world.ordering.relay.serve_healthy()

    assert served.events == 1
    assert world.writer.closed
    assert numbers_in_log(world, alive) == [1]


async def test_a_lost_answer_means_sending_twice_and_applying_once(world: World) -> None:
    order_id = uuid4()
    answers = iter(["lose"])
    world.writer.script = lambda *_: next(answers, "acknowledge")
    await world.say(lambda work: requested(work, order_id))

    await world.ordering.relay.serve_healthy()
    world.clock.advance(seconds=5)
    await world.ordering.relay.serve_failing()
    await world.hear()

    assert numbers_in_log(world, order_id) == [1, 1]
    assert world.projection.numbers(order_id) == [1]


async def test_live_events_go_before_what_was_asked_for_again(world: World) -> None:
    order_id, other = order_in(3), order_in(3)
    await world.say(lambda work: requested(work, order_id))
    await world.send()
    await world.ordering.works.pool.execute("""update events set "offset" = null, resend = true""")
    await world.say(lambda work: requested(work, other))

    await world.send()

    last_two = [record.key for record in world.log.topics[ORDERS.name].records[3]][-2:]
    assert last_two == [str(other).encode(), str(order_id).encode()]


async def test_bytes_are_encoded_once(world: World) -> None:
    order_id = uuid4()
    await world.say(lambda work: requested(work, order_id))
    await world.send()
    await world.ordering.works.pool.execute("""update events set "offset" = null, resend = true""")

    await world.send()

    first, second = [record for record in world.log.all(ORDERS.name) if record.key == str(order_id).encode()]
    assert (first.headers, first.body) == (second.headers, second.body)


async def test_an_erased_event_is_sent_with_its_number_and_without_its_body(world: World) -> None:
    order_id = uuid4()
    await world.say(lambda work: requested(work, order_id))

    async with world.ordering.works.begin() as work:
        work.erase(order_id)
    await world.send()
    await world.hear()

    record = next(record for record in world.log.all(ORDERS.name) if record.key == str(order_id).encode())
    assert record.body == b""
    assert dict(record.headers)["ce_erased"] == b"1"
    assert world.projection.numbers(order_id) == []
    state = await world.issuer_pool.fetchval("select last from streams_in where key = $1", str(order_id))
    assert state == 1


async def test_erasure_blanks_what_the_same_unit_of_work_has_published_and_not_its_own_news(
    world: World,
) -> None:
    order_id, other = uuid4(), uuid4()

    async with world.ordering.works.begin() as work:
        work.publish(requested(work, order_id), requested(work, other))
        work.erase(order_id)
        work.publish(erased(work, order_id))

    told = {key_of(event): type(event).__name__ for event in await published(world.ordering.works.pool)}
    assert told == {str(order_id): "OrderErased", str(other): "ActivationCodeRequested"}


async def test_erasing_twice_keeps_the_news_of_the_first(world: World) -> None:
    order_id = uuid4()
    for _ in range(2):
        async with world.ordering.works.begin() as work:
            work.erase(order_id)
            work.publish(erased(work, order_id))

    assert len(await published(world.ordering.works.pool, str(order_id))) == 2


async def test_an_event_says_what_it_is_in_its_headers(world: World) -> None:
    order_id = uuid4()
    await world.say(lambda work: requested(work, order_id))

    headers = await world.ordering.works.pool.fetchval(
        "select headers from events where key = $1", str(order_id)
    )

    assert {"ce_id", "ce_source", "ce_specversion", "ce_time", "ce_type"} <= set(json.loads(headers))
