"""Digests of past hours find what nobody has missed."""

from datetime import timedelta
from uuid import uuid4

from contracts.platform import DigestPublished
from eventing.reconciliation import compare_digests, publish_digests
from tests.component.eventing.orders import requested
from tests.component.eventing.steps import applied, orders_in_one_partition, place
from tests.component.eventing.world import SETTINGS, World
from tests.eventlog import published


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
