"""Records that cannot be placed, believed or read stop nobody and are kept."""

from functools import partial
from uuid import uuid4

import pytest

from contracts.catalogue import ORDERS, dlq_name, type_of
from contracts.ordering import OrderExpired
from eventing.dead_letters import list_dead
from eventing.log import OutgoingRecord
from tests.component.eventing.orders import expired, requested
from tests.component.eventing.steps import arrive, record, waiting
from tests.component.eventing.world import World
from tests.mutants import holds_against


@pytest.mark.parametrize(
    "bent",
    [
        {"ce_sequence": None},
        {"ce_sequence": b"\xff"},
        {"ce_sequence": b"0"},
        {"ce_sequence": b"one"},
        {"ce_epoch": None},
    ],
)
async def test_a_record_without_a_place_holds_nothing_and_is_kept(
    world: World, bent: dict[str, bytes]
) -> None:
    order_id, other = uuid4(), uuid4()
    arrive(world, record(world, lambda work: requested(work, order_id), 1, **bent))
    arrive(world, record(world, lambda work: requested(work, other), 1))

    await world.hear()
    await world.heal()

    assert world.projection.numbers(other) == [1]
    assert await world.issuer_pool.fetchval("select count(*) from unreadable") == 1
    assert len(world.log.all(dlq_name(ORDERS, "issuer"))) == 1
    assert await waiting(world) == []


EARLY = b"0001-01-01T00:00:00+05:00"


async def test_a_time_before_the_calendar_stops_nobody(world: World) -> None:
    early, other = uuid4(), uuid4()
    body_early = record(world, lambda work: requested(work, early), 1)
    text = body_early.body.replace(b"2026-11-22T12:00:00Z", EARLY)
    arrive(world, OutgoingRecord(body_early.key, body_early.headers, text))
    arrive(world, record(world, lambda work: requested(work, other), 1, ce_time=EARLY))

    await world.hear()

    assert EARLY in text
    assert [dead.number for dead in await list_dead(world.issuer_pool)] == [1]  # type: ignore[arg-type]
    assert world.projection.numbers(other) == [1]


async def test_a_time_in_the_future_is_no_time_of_what_was_applied(world: World) -> None:
    arrive(world, record(world, lambda work: requested(work, uuid4()), 1, ce_time=b"2226-01-01T00:00:00Z"))

    await world.hear()

    assert await world.issuer_pool.fetchval("select max(applied_at) from positions") == world.clock()


async def test_a_header_given_twice_with_two_values_is_not_believed(world: World) -> None:
    order_id = uuid4()
    sent = record(world, lambda work: requested(work, order_id), 1)
    sent.headers.append(("ce_sequence", b"2"))
    arrive(world, sent)

    await world.hear()

    assert world.projection.numbers(order_id) == []
    assert await world.issuer_pool.fetchval("select count(*) from unreadable") == 1


async def test_null_and_broken_headers_that_nobody_needs_do_no_harm(world: World) -> None:
    order_id = uuid4()
    arrive(world, record(world, lambda work: requested(work, order_id), 1, odd=None, odder=b"\xff\xfe"))

    await world.hear()

    assert world.projection.numbers(order_id) == [1]


async def test_a_body_that_breaks_its_contract_is_dead_at_once_and_holds_its_key(world: World) -> None:
    order_id = uuid4()
    broken = record(world, lambda work: requested(work, order_id), 1)
    arrive(world, OutgoingRecord(broken.key, broken.headers, b'{"generation": 0}'))
    arrive(world, record(world, lambda work: requested(work, order_id), 2))

    await world.hear()

    (dead,) = await list_dead(world.issuer_pool)  # type: ignore[arg-type]
    assert (dead.number, dead.followers) == (1, 1)
    assert world.projection.numbers(order_id) == []


@holds_against("released_at_a_start_only")
async def test_an_unknown_type_waits_and_is_applied_by_the_first_assignment_that_knows_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = uuid4()
    with monkeypatch.context() as older:
        older.setattr(
            "eventing.codec.model_of", lambda name: None if "OrderExpired" in name else OrderExpired
        )
        arrive(world, record(world, lambda work: expired(work, order_id), 1))
        await world.hear()
        before = await waiting(world)

    await world.reader.assign(list(world.reader.positions))
    await world.issuer.runner.retry_due()

    assert before == [(1, "unknown_type")]
    assert type_of(OrderExpired) == "pl.legitka.ordering.OrderExpired.v1"
    assert world.projection.numbers(order_id) == [1]


async def test_an_erased_event_of_an_unknown_type_holds_nothing(world: World) -> None:
    order_id = uuid4()
    sent = record(world, lambda work: requested(work, order_id), 1, ce_type=b"pl.legitka.ordering.New.v9")
    arrive(world, OutgoingRecord(sent.key, [*sent.headers, ("ce_erased", b"1")], b""))
    arrive(world, record(world, lambda work: requested(work, order_id), 2))

    await world.hear()

    assert world.projection.numbers(order_id) == [2]


async def test_a_record_without_a_place_goes_with_the_erasure_of_its_key(world: World) -> None:
    order_id, other = uuid4(), uuid4()
    for key in (order_id, other):
        sent = record(world, partial(requested, order_id=key), 1)
        arrive(world, OutgoingRecord(sent.key, [], sent.body))
    await world.hear()

    async with world.issuer.works.begin() as work:
        work.erase(order_id)

    kept = await world.issuer_pool.fetch("select key from unreadable")
    assert [row["key"] for row in kept] == [str(other).encode()]
