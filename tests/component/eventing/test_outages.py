"""A broker, a leader or a group that is away: work is delayed, and clocks stand still meanwhile."""

import asyncio
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.catalogue import ORDERS, REPLAYS, partition_of
from eventing import Received, UnitOfWork
from eventing.log import LogUnavailableError
from tests.component.eventing.orders import requested
from tests.component.eventing.steps import (
    PLACE,
    applied,
    orders_in_one_partition,
    orders_in_partitions,
    place,
)
from tests.component.eventing.world import SETTINGS, World, handlers_of
from tests.mutants import holds_against
from tests.waiting import eventually


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
