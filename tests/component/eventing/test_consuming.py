"""Each event takes effect exactly once, in order, whatever else is in its batch."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from contracts.catalogue import ORDERS, dlq_name, partition_of
from contracts.ordering import OrderErased
from eventing import Received, UnitOfWork
from eventing.dead_letters import drop_dead, list_dead, replay_dead
from eventing.log import OutgoingRecord
from eventing.runner import TooManyFailuresError
from tests.component.eventing.orders import cancelled, change, erased, expired, requested
from tests.component.eventing.steps import (
    arrive,
    bury_first_of_two,
    last_applied,
    record,
    waiting,
)
from tests.component.eventing.world import World
from tests.mutants import holds_against
from tests.waiting import eventually, somebody_waits


async def test_a_duplicate_is_dropped(world: World) -> None:
    order_id = uuid4()
    first = record(world, lambda work: requested(work, order_id), 1)
    arrive(world, first, first)

    await world.hear()
    arrive(world, first)
    await world.hear()

    assert world.projection.numbers(order_id) == [1]


@holds_against("a_larger_number_applied")
async def test_a_larger_number_waits_for_those_before_it(world: World) -> None:
    order_id = uuid4()
    first, second, third = (record(world, lambda work: requested(work, order_id), n) for n in (1, 2, 3))
    arrive(world, third, second)
    await world.hear()
    before = world.projection.numbers(order_id)

    arrive(world, first)
    await world.hear()

    assert before == []
    assert world.projection.numbers(order_id) == [1, 2, 3]
    assert await waiting(world) == []


async def test_events_of_one_key_keep_their_order_across_types(world: World) -> None:
    order_id, other = uuid4(), uuid4()
    arrive(world, record(world, lambda work: requested(work, order_id), 1))
    arrive(world, record(world, lambda work: expired(work, order_id), 2))
    arrive(world, record(world, lambda work: requested(work, order_id), 3))
    arrive(world, record(world, lambda work: requested(work, other), 1))

    await world.hear()

    names = [name for _, name in world.projection.applied[order_id]]
    assert names == ["ActivationCodeRequested", "OrderExpired", "ActivationCodeRequested"]


async def test_what_has_its_turn_is_applied_in_one_call_per_type(world: World) -> None:
    orders = [uuid4() for _ in range(50)]
    arrive(world, *(record(world, partial(requested, order_id=order), 1) for order in orders))

    await world.hear()

    assert world.projection.calls == [50]


@holds_against("no_isolation")
async def test_one_bad_record_never_takes_its_batch_along(world: World) -> None:
    orders = [uuid4() for _ in range(20)]
    world.projection.fails = lambda received: received.event.order_id == orders[7]
    arrive(world, *(record(world, partial(requested, order_id=order), 1) for order in orders))

    with suppress(ValueError):
        await world.hear()
    applied = [order for order in orders if world.projection.numbers(order) == [1]]

    assert len(applied) == 19
    assert await waiting(world) == [(1, "failed: ValueError")]


@holds_against("a_failed_first_record_counts")
async def test_the_successors_of_a_failed_record_wait_behind_it_and_follow_it(world: World) -> None:
    order_id = uuid4()
    world.projection.fails = lambda received: received.number == 1
    arrive(world, *(record(world, lambda work: requested(work, order_id), n) for n in (1, 2)))
    await world.hear()
    arrive(world, record(world, lambda work: requested(work, order_id), 3))
    await world.hear()
    held = world.projection.numbers(order_id)

    world.projection.fails = lambda _received: False
    too_early = await world.issuer.runner.retry_due()
    world.clock.advance(seconds=2)
    await world.issuer.runner.retry_due()

    assert (held, too_early) == ([], 0)
    assert world.projection.numbers(order_id) == [1, 2, 3]
    assert await waiting(world) == []


@holds_against("waiting_read_before_the_lock")
async def test_what_another_process_parks_meanwhile_is_not_overlooked(world: World) -> None:
    order_id = uuid4()
    key = ORDERS.name, str(order_id)
    first, second = (record(world, lambda work: requested(work, order_id), n) for n in (1, 2))
    parked, may_commit = asyncio.Event(), asyncio.Event()
    await world.issuer_pool.execute(
        "insert into streams_in (topic, key, partition) values ($1, $2, $3)", *key, partition_of(key[1])
    )

    async def park_second() -> None:
        async with world.issuer.works.begin() as work:
            await world.issuer.runner.apply(work, [logged(second)], careful=False)
            parked.set()
            await may_commit.wait()

    async def apply_first() -> None:
        async with world.issuer.works.begin() as work:
            await world.issuer.runner.apply(work, [logged(first)], careful=False)

    one = asyncio.create_task(park_second())
    await parked.wait()
    two = asyncio.create_task(apply_first())
    await eventually(lambda: somebody_waits(world.issuer_pool))
    may_commit.set()
    await asyncio.gather(one, two)

    assert await last_applied(world, order_id) == 2
    assert await waiting(world) == []


def logged(sent: OutgoingRecord):  # type: ignore[no-untyped-def]
    from eventing.codec import LogRecord  # noqa: PLC0415

    return LogRecord(ORDERS.name, partition_of(sent.key.decode()), 0, sent.key, sent.headers, sent.body)


async def test_out_of_attempts_a_record_is_a_dead_letter_with_a_copy_to_watch(world: World) -> None:
    order_id = uuid4()
    world.projection.fails = lambda _received: True
    arrive(world, *(record(world, lambda work: requested(work, order_id), n) for n in (1, 2)))
    await world.hear()
    for _ in range(3):
        world.clock.advance(minutes=10)
        await world.issuer.runner.retry_due()
    await world.heal()

    (dead,) = await list_dead(world.issuer_pool)  # type: ignore[arg-type]
    (copy,) = world.log.all(dlq_name(ORDERS, "issuer"))

    assert (dead.number, dead.attempts, dead.followers) == (1, 3, 1)
    headers = dict(copy.headers)
    assert headers["dlq_reason"] == b"failed: ValueError"
    assert headers["dlq_topic"] == ORDERS.name.encode()
    assert headers["dlq_attempts"] == b"3"
    assert int(headers["dlq_offset"] or b"-1") == 0


async def test_an_operator_replays_a_dead_letter_and_its_followers_go_on(world: World) -> None:
    order_id = await bury_first_of_two(world)
    world.projection.fails = lambda _received: False

    await replay_dead(world.issuer.works, ORDERS.name, str(order_id))
    await world.issuer.runner.retry_due()

    assert world.projection.numbers(order_id) == [1, 2]


async def test_an_operator_drops_a_dead_letter_and_its_number_is_passed(world: World) -> None:
    order_id = await bury_first_of_two(world)
    world.projection.fails = lambda _received: False

    dropped = await drop_dead(world.issuer.works, ORDERS.name, str(order_id))
    await world.issuer.runner.retry_due()

    assert dropped == 1
    assert world.projection.numbers(order_id) == [2]
    assert await last_applied(world, order_id) == 2


@holds_against("everything_passes_a_held_key")
async def test_only_what_must_not_wait_passes_a_gap(world: World) -> None:
    order_id = uuid4()
    arrive(world, record(world, lambda work: cancelled(work, order_id), 2))
    arrive(world, record(world, lambda work: requested(work, order_id), 3))

    await world.hear()

    assert world.projection.ahead[order_id] == ["OrderCancelled"]
    assert await last_applied(world, order_id) == 0


async def test_what_passed_a_gap_is_met_again_in_its_turn(world: World) -> None:
    order_id = uuid4()
    arrive(world, record(world, lambda work: change(work, order_id, "suspend"), 2))
    await world.hear()
    arrive(world, record(world, lambda work: requested(work, order_id), 1))

    await world.hear()

    assert world.projection.ahead[order_id] == ["CardChangeRequested"]
    assert world.projection.numbers(order_id) == [1, 2]


async def test_a_revocation_passes_a_dead_letter(world: World) -> None:
    order_id = await bury_first_of_two(world)
    arrive(world, record(world, lambda work: change(work, order_id, "revoke"), 3))
    arrive(world, record(world, lambda work: change(work, order_id, "reinstate"), 4))

    await world.hear()

    assert world.projection.ahead[order_id] == ["CardChangeRequested"]
    assert await last_applied(world, order_id) == 0


async def test_what_waits_is_blanked_by_an_erasure_that_arrives_with_it(world: World) -> None:
    order_id = uuid4()

    async def erase(work: UnitOfWork, received: list[Received[Any]]) -> None:
        for each in received:
            work.erase(each.event.order_id)

    world.issuer.runner._handlers = {**world.issuer.runner._handlers, OrderErased: erase}
    arrive(world, record(world, lambda work: requested(work, order_id), 2))
    arrive(world, record(world, lambda work: erased(work, order_id), 3))
    await world.hear()

    rows = await world.issuer_pool.fetch("select number, body from waiting order by number")

    assert [(row["number"], row["body"] == b"") for row in rows] == [(2, True), (3, False)]


async def test_a_trace_tells_that_a_handler_failed_and_not_its_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, exported = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exported))
    monkeypatch.setattr("eventing.runner.tracer", provider.get_tracer("eventing"))

    def fail(_received: Received[Any]) -> bool:
        raise ValueError("Zofia")

    world.projection.fails = fail
    arrive(world, record(world, lambda work: requested(work, uuid4()), 1))
    await world.hear()

    spans = exported.get_finished_spans()
    assert {span.status.status_code for span in spans} == {StatusCode.ERROR}
    assert "Zofia" not in "".join(span.to_json() for span in spans)


async def test_too_many_failures_in_a_row_stop_the_consumer_and_bury_nothing(world: World) -> None:
    world.projection.fails = lambda _received: True
    arrive(world, *(record(world, lambda work: requested(work, uuid4()), 1) for _ in range(60)))

    with pytest.raises(TooManyFailuresError):
        await world.hear()

    assert await waiting(world) == []
    assert sum((await world.positions()).values()) == 0


async def test_a_deadlock_is_retried_at_once(world: World) -> None:
    import asyncpg  # noqa: PLC0415

    order_id, victims = uuid4(), iter([True, True, True])

    def deadlock(_received: object) -> bool:
        if next(victims, False):
            raise asyncpg.DeadlockDetectedError("chosen as the victim")
        return False

    world.projection.fails = deadlock
    arrive(world, record(world, lambda work: requested(work, order_id), 1))

    await asyncio.wait_for(world.hear(), 0.9)

    assert world.projection.numbers(order_id) == [1]
