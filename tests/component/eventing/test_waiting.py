"""When what waits is tried again: before its turn, in its turn, and in the order of falling due."""

from functools import partial
from uuid import UUID, uuid4

from contracts.catalogue import ORDERS, dlq_name
from tests.component.eventing.orders import change, requested
from tests.component.eventing.test_consuming import arrive, record
from tests.component.eventing.world import World


def revocation(world: World, order_id: UUID, number: int):  # type: ignore[no-untyped-def]
    return record(world, partial(change, order_id=order_id, kind="revoke"), number)


async def test_what_failed_before_its_turn_still_has_all_its_attempts(world: World) -> None:
    order_id = uuid4()
    world.projection.fails = lambda received: received.ahead
    arrive(world, revocation(world, order_id, 2))
    await world.hear()
    for _ in range(5):
        world.clock.advance(minutes=10)
        await world.issuer.runner.retry_due()

    arrive(world, record(world, partial(requested, order_id=order_id), 1))
    await world.hear()
    await world.heal()

    assert world.projection.numbers(order_id) == [1, 2]
    assert world.log.all(dlq_name(ORDERS, "issuer")) == []


async def test_what_failed_before_its_turn_is_tried_again_later_each_time(world: World) -> None:
    order_id, seconds, tried = uuid4(), 0, []

    def fail(_received: object) -> bool:
        tried.append(seconds)
        return True

    world.projection.fails = fail
    arrive(world, revocation(world, order_id, 2))
    await world.hear()
    while seconds < 1_000:
        seconds += 1
        world.clock.advance(seconds=1)
        await world.issuer.runner.retry_due()

    assert tried == [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 812]
