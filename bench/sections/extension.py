"""Very many cards extended at once, while students go on ordering."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from bench.figures import Figure, Figures, milliseconds
from bench.multiply import multiply
from bench.sections.activations import activate
from bench.sections.load import load
from bench.sizes import Sizes
from bench.stacks import NOTHING_IS_SENT, WHEN_COMMITTED, connected, new_stack, processor_seconds, used_since
from bench.waiting_orders import INSTITUTION, until
from devstack.stack import Stack
from eventing import Outbox, Works
from ordering.use_cases.preview_extension import preview_extension
from ordering.use_cases.start_extension import start_extension
from servicekit.database import connect_pool

CARDS = 40  # whose copies are extended
ORDERS_A_SECOND = 10  # meanwhile
LONGER = timedelta(days=300)
WITHIN = 900  # seconds


def measure(sizes: Sizes) -> Figures:
    with new_stack("extension", NOTHING_IS_SENT, WHEN_COMMITTED) as stack:
        return asyncio.run(_measure(stack, sizes))


async def _measure(stack: Stack, sizes: Sizes) -> Figures:
    cards = sizes.extended
    await activate(stack, CARDS)
    await multiply(stack, cards // CARDS)
    await _start(stack)
    before, begun = processor_seconds(stack), time.perf_counter()
    ordering = asyncio.create_task(_orders_meanwhile(stack, sizes.meanwhile_seconds))
    await until(lambda: _has_ended(stack), within=WITHIN)
    used, seconds = used_since(stack, before), time.perf_counter() - begun
    return {
        "extend_cards_per_s": Figure.of(cards / seconds),
        "extend_cpu_ms": Figure.of(1000 * sum(used.values()) / cards),
        "extend_orders_p99_ms": milliseconds(await ordering, 99),
    }


async def _orders_meanwhile(stack: Stack, seconds: int) -> list[float]:
    """Seconds to READY of orders that come, so many seconds of them at a time, until none is extended."""
    ready: list[float] = []
    while not ready or not await _has_ended(stack):
        ready += (await load(stack, ORDERS_A_SECOND, seconds)).ready
    return ready


async def _has_ended(stack: Stack) -> bool:
    async with connected(stack.databases["ordering"]) as connection:
        return bool(await connection.fetchval("select bool_and(state = 'done') from extensions"))


async def _start(stack: Stack) -> None:
    pool = await connect_pool(stack.databases["ordering"], "bench")
    try:
        works = Works(pool, Outbox("ordering"))
        async with works.begin() as work:
            last_day = (datetime.now(UTC) + LONGER).date()
            preview = await preview_extension(work, INSTITUTION, last_day, None)
            await start_extension(work, INSTITUTION, preview.extension_id, actor_ref="bench")
    finally:
        await pool.close()
