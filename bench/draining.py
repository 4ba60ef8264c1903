"""One drain: from orders that wait in ordering's outbox to READY there, and to rows in wallet and notifier.

All services are up, idle and one process each. Nothing is sent: mail and push have figures of their own.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bench.stacks import connected, database_sizes, parts, processor_seconds, used_since
from bench.waiting_orders import place_orders, relay_held_back, until
from devstack.measuring import memory_of
from devstack.stack import Stack

LONGEST = 900.0  # seconds
GOALS = {
    "ordering": "select count(*) from orders where state = 'READY'",
    "wallet": "select count(*) from offers",
    "notifier": "select count(*) from alerts where kind = 'ready_to_activate' and entry is not null",
}

# To count all rows again and again would be a tenth of what is measured: the newest orders come first.
NEWEST = "select order_id from orders order by placed_at desc limit 300"
SIGNS = {
    "ordering": "select count(*) from orders where order_id = any($1) and state = 'READY'",
    "wallet": "select count(*) from offers where order_id = any($1)",
    "notifier": "select count(*) from orders where id = any($1) and generation > 0",
}


@dataclass(frozen=True, slots=True)
class Drained:
    """Seconds until each service had all orders, what each process used, how many bytes databases grew."""

    subjects: list[str]
    seconds: dict[str, float]
    processor_seconds: dict[str, float]
    memory: dict[str, int]
    grown: dict[str, int]

    @property
    def orders(self) -> int:
        return len(self.subjects)

    @property
    def rate(self) -> float:
        """Orders a second that were READY, in the wallet and told."""
        return self.orders / max(self.seconds.values())

    @property
    def cost(self) -> float:
        """Processor seconds per 1000 orders, of all processes."""
        return 1000 * sum(self.processor_seconds.values()) / self.orders


async def drain(stack: Stack, orders: int) -> Drained:
    """Orders of new students, one each."""
    sizes, there = await database_sizes(stack), await _counted(stack)
    async with relay_held_back(stack.databases["ordering"]):
        subjects = await place_orders(stack.places, stack.databases["ordering"], orders)
        newest = await _newest(stack, orders)
        before = processor_seconds(stack)
    begun = time.perf_counter()
    reached = await asyncio.gather(*(_reached(stack, name, newest, there[name] + orders) for name in GOALS))
    return Drained(
        subjects=subjects,
        processor_seconds=used_since(stack, before),
        seconds={name: at - begun for name, at in zip(GOALS, reached, strict=True)},
        memory={name: memory_of([pid]) for name, pid in parts(stack).items()},
        grown={name: size - sizes[name] for name, size in (await database_sizes(stack)).items()},
    )


async def _counted(stack: Stack) -> dict[str, int]:
    return {name: await _count(stack, name) for name in GOALS}


async def _count(stack: Stack, service: str) -> int:
    async with connected(stack.databases[service]) as connection:
        return int(await connection.fetchval(GOALS[service]))


async def _newest(stack: Stack, orders: int) -> list[UUID]:
    async with connected(stack.databases["ordering"]) as connection:
        return [row["order_id"] for row in await connection.fetch(NEWEST)][:orders]


async def _reached(stack: Stack, service: str, newest: Sequence[UUID], wanted: int) -> float:
    async def the_newest_are_there() -> bool:
        return int(await connection.fetchval(SIGNS[service], newest)) == len(newest)

    async def all_are_there() -> bool:
        return int(await connection.fetchval(GOALS[service])) >= wanted

    async with connected(stack.databases[service]) as connection:
        await until(the_newest_are_there, within=LONGEST)
        await until(all_are_there, within=LONGEST)
        return time.perf_counter()
