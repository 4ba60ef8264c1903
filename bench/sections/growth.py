"""Whether large tables make anything slower: drains and pages with millions of orders, beside empty tables.

Both stacks run at the same time and take turns; the one that waits is at rest.
"""

import asyncio
from contextlib import ExitStack

from bench.draining import Drained, drain
from bench.driving import drive, refuse_failures, request
from bench.figures import Figure, Figures
from bench.multiply import multiply
from bench.people import sign_in
from bench.sizes import Sizes
from bench.stacks import NOTHING_IS_SENT, new_stack, processor_seconds, used_since
from bench.waiting_orders import subject_of
from devstack.stack import Stack

COPIED = 100  # orders, whose copies fill the tables
ROUNDS = 3
READERS, PAGES = 20, 200

Round = tuple[Drained, float]


def measure(sizes: Sizes) -> Figures:
    with ExitStack() as stacks:
        empty, full = (stacks.enter_context(new_stack(name, NOTHING_IS_SENT)) for name in ("empty", "full"))
        return asyncio.run(_measure(empty, full, sizes))


async def _measure(empty: Stack, full: Stack, sizes: Sizes) -> Figures:
    for stack in (empty, full):
        await drain(stack, COPIED)
    await multiply(full, sizes.grown_orders // COPIED)
    rounds = []
    for number in range(ROUNDS):
        first = COPIED + number * sizes.growth_orders
        rounds.append([await _round(stack, sizes.growth_orders, first) for stack in (empty, full)])
    return {
        "growth_drain_ratio": Figure.of(
            *(of_full[0].rate / of_empty[0].rate for of_empty, of_full in rounds)
        ),
        "growth_drain_cpu_ratio": Figure.of(
            *(of_full[0].cost / of_empty[0].cost for of_empty, of_full in rounds)
        ),
        "growth_query_ratio": Figure.of(*(of_full[1] / of_empty[1] for of_empty, of_full in rounds)),
        "growth_orders": Figure.of(sizes.grown_orders),
    }


async def _round(stack: Stack, orders: int, first: int) -> Round:
    return await drain(stack, orders, first=first), await _cost_of_pages(stack, first)


async def _cost_of_pages(stack: Stack, first: int) -> float:
    """Processor seconds of PostgreSQL for the statements of the page that students open most."""
    url = stack.url("ordering")
    signed_in = await sign_in(stack, [subject_of(first + number) for number in range(READERS)])
    asked = [request("GET", f"{url}/", headers) for headers in signed_in.values()]
    refuse_failures(await drive(url, asked, clients=1))
    before = processor_seconds(stack)
    refuse_failures(await drive(url, asked * (PAGES // READERS), clients=1))
    return used_since(stack, before)["PostgreSQL"]
