"""One drain: from orders that wait in ordering's outbox to READY there, and to rows in wallet and notifier.

All services are up, idle and one process each. Nothing is sent: mail and push have figures of their own.
"""

import asyncio
import time
from dataclasses import dataclass

import asyncpg

from bench.stacks import database_sizes, parts, processor_seconds, used_since
from bench.waiting_orders import place_orders, relay_held_back, until
from devstack.measuring import memory_of
from devstack.stack import Stack

LONGEST = 900.0  # seconds
GOALS = {
    "ordering": "select count(*) from orders where state = 'READY'",
    "wallet": "select count(*) from offers",
    "notifier": "select count(*) from alerts where kind = 'ready_to_activate' and entry is not null",
}


@dataclass(frozen=True, slots=True)
class Drained:
    """Seconds until each service had all orders, what each process used, how many bytes databases grew."""

    orders: int
    seconds: dict[str, float]
    processor_seconds: dict[str, float]
    memory: dict[str, int]
    grown: dict[str, int]

    @property
    def rate(self) -> float:
        """Orders a second that were READY, in the wallet and told."""
        return self.orders / max(self.seconds.values())

    @property
    def cost(self) -> float:
        """Processor seconds per 1000 orders, of all processes."""
        return 1000 * sum(self.processor_seconds.values()) / self.orders


async def drain(stack: Stack, orders: int, *, first: int = 0) -> Drained:
    """`first`: as `place_orders` has it."""
    sizes, there = await database_sizes(stack), await _counted(stack)
    async with relay_held_back(stack.databases["ordering"]):
        await place_orders(stack.places, stack.databases["ordering"], orders, first=first)
        before = processor_seconds(stack)
    begun = time.perf_counter()
    reached = await asyncio.gather(*(_reached(stack, name, there[name] + orders) for name in GOALS))
    return Drained(
        orders=orders,
        processor_seconds=used_since(stack, before),
        seconds={name: at - begun for name, at in zip(GOALS, reached, strict=True)},
        memory={name: memory_of([pid]) for name, pid in parts(stack).items()},
        grown={name: size - sizes[name] for name, size in (await database_sizes(stack)).items()},
    )


async def _counted(stack: Stack) -> dict[str, int]:
    return {name: await _count(stack, name) for name in GOALS}


async def _count(stack: Stack, service: str) -> int:
    connection = await asyncpg.connect(stack.databases[service])
    try:
        return int(await connection.fetchval(GOALS[service]))
    finally:
        await connection.close()


async def _reached(stack: Stack, service: str, wanted: int) -> float:
    connection = await asyncpg.connect(stack.databases[service])

    async def all_are_there() -> bool:
        return int(await connection.fetchval(GOALS[service])) >= wanted

    try:
        await until(all_are_there, within=LONGEST)
        return time.perf_counter()
    finally:
        await connection.close()
