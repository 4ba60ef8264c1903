"""Nothing sealed outlives its erasure, wherever it lies and however it came there."""

from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.ordering import OrderErased
from eventing import Received, UnitOfWork
from eventing.log import OutgoingRecord
from tests.component.eventing.orders import erased, requested
from tests.component.eventing.steps import arrive, record
from tests.component.eventing.world import World

pytestmark = pytest.mark.asyncio


async def erase(world: World, order_id: UUID) -> None:
    async with world.issuer.works.begin() as work:
        work.erase(order_id)


async def test_the_copy_of_a_dead_letter_goes_with_an_erasure_of_the_same_batch(world: World) -> None:
    order_id = uuid4()

    async def erase_each(work: UnitOfWork, received: list[Received[Any]]) -> None:
        for each in received:
            work.erase(each.event.order_id)

    world.issuer.runner._handlers = {**world.issuer.runner._handlers, OrderErased: erase_each}
    broken = record(world, partial(requested, order_id=order_id), 1)
    arrive(world, OutgoingRecord(broken.key, broken.headers, b'{"sealed": "secret"}'))
    arrive(world, record(world, partial(erased, order_id=order_id), 2))
    await world.hear()

    kept = await world.issuer_pool.fetch("select body from events where key = $1", str(order_id))
    assert [row["body"] for row in kept if b"secret" in row["body"]] == []


async def test_what_waits_without_a_type_is_blanked(world: World) -> None:
    order_id = uuid4()
    arrive(world, record(world, partial(requested, order_id=order_id), 1, ce_type=None))
    await world.hear()

    await erase(world, order_id)

    assert await world.issuer_pool.fetchval("select body from waiting") == b""


async def test_a_zero_in_the_name_of_a_header_does_not_keep_what_waits_from_being_blanked(
    world: World,
) -> None:
    order_id = uuid4()
    sent = record(world, partial(requested, order_id=order_id), 2)
    sent.headers.append(("x\x00y", b"1"))
    arrive(world, sent)
    await world.hear()

    await erase(world, order_id)

    assert await world.issuer_pool.fetchval("select body from waiting") == b""


async def test_what_nobody_can_read_is_kept_as_long_as_a_log_keeps_it(world: World) -> None:
    arrive(world, record(world, partial(requested, order_id=uuid4()), 1, ce_sequence=None))
    await world.hear()

    world.clock.advance(days=7)
    await world.issuer._prune()
    before = await world.issuer_pool.fetchval("select count(*) from unreadable")
    world.clock.advance(days=2)
    await world.issuer._prune()

    assert (before, await world.issuer_pool.fetchval("select count(*) from unreadable")) == (1, 0)
