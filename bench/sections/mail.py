"""How fast letters leave once many are due: until the mail server has taken the last one."""

import asyncio
import time

import asyncpg

from bench.draining import drain
from bench.figures import Figure, Figures
from bench.sizes import Sizes
from bench.stacks import processor_seconds, used_since
from bench.waiting_orders import until
from devstack.stack import Stack

WITHIN = 300  # seconds
DUE = "select count(*) from deliveries where channel = 'email' and state = 'pending'"


def measure(stack: Stack, sizes: Sizes) -> Figures:
    return asyncio.run(_measure(stack, sizes.letters))


async def _measure(stack: Stack, letters: int) -> Figures:
    """Counted from when all orders are READY: most of their letters are due then."""
    await drain(stack, letters)
    before, begun, due = processor_seconds(stack), time.perf_counter(), await _due(stack)
    await until(lambda: _all_have_left(stack), within=WITHIN)
    used, seconds = used_since(stack, before), time.perf_counter() - begun
    return {
        "mail_letters_per_s": Figure.of(due / seconds),
        "mail_cpu_ms": Figure.of(1000 * (used["notifier"] + used["PostgreSQL"]) / due),
    }


async def _all_have_left(stack: Stack) -> bool:
    return await _due(stack) == 0


async def _due(stack: Stack) -> int:
    connection = await asyncpg.connect(stack.databases["notifier"])
    try:
        return int(await connection.fetchval(DUE))
    finally:
        await connection.close()
