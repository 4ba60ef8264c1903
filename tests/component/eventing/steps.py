"""What tests of the streams do again and again: orders placed, records that arrive, what became of them."""

from collections.abc import Callable
from uuid import UUID, uuid4

from contracts.base import Event
from contracts.catalogue import ORDERS, partition_of
from eventing import UnitOfWork
from eventing.codec import encode
from eventing.log import OutgoingRecord
from tests.component.eventing.orders import requested
from tests.component.eventing.world import World

PLACE = (ORDERS.name, 3)


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


Make = Callable[[UnitOfWork], Event]


def record(world: World, make: Make, number: int, **headers: bytes | None) -> OutgoingRecord:
    """An event as ordering would have sent it with this number; headers may be bent."""
    event = make(UnitOfWork(None, world.clock()))  # type: ignore[arg-type]
    texts, body = encode(event, source="ordering", trace={})
    sent: dict[str, bytes | None] = {name: value.encode() for name, value in texts.items()}
    sent |= {"ce_sequence": str(number).encode(), "ce_epoch": b"1", "ce_base": b"0"} | headers
    key = str(event.order_id).encode()  # type: ignore[attr-defined]
    return OutgoingRecord(key, list(sent.items()), body)  # type: ignore[arg-type]


def arrive(world: World, *records: OutgoingRecord, partition: int | None = None) -> None:
    for each in records:
        place = partition_of(each.key.decode()) if partition is None else partition
        world.log.append(ORDERS.name, place, [each])


async def last_applied(world: World, order_id: UUID) -> int | None:
    last: int | None = await world.issuer_pool.fetchval(
        "select last from streams_in where key = $1", str(order_id)
    )
    return last


async def waiting(world: World) -> list[tuple[int, str]]:
    rows = await world.issuer_pool.fetch("select number, reason from waiting order by key, number")
    return [(row["number"], row["reason"]) for row in rows]


async def bury_first_of_two(world: World) -> UUID:
    order_id = uuid4()
    world.projection.fails = lambda received: received.number == 1
    arrive(world, *(record(world, lambda work: requested(work, order_id), n) for n in (1, 2)))
    await world.hear()
    for _ in range(3):
        world.clock.advance(minutes=10)
        await world.issuer.runner.retry_due()
    return order_id
