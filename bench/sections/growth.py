"""Whether large tables make anything slower: drains and pages with millions of orders, beside empty tables.

It comes first on a stack that others share, while that is empty. The full one runs beside it, and they take
turns; the one that waits is at rest.
"""

import asyncio
from collections.abc import Sequence

from bench.draining import Drained, drain
from bench.driving import drive, refuse_failures, request
from bench.figures import Figure, Figures
from bench.multiply import multiply
from bench.people import sign_in
from bench.sizes import Sizes
from bench.stacks import NOTHING_IS_SENT, WHEN_COMMITTED, new_stack, processor_seconds, used_since
from devstack.stack import Stack

COPIED = 100  # orders, whose copies fill the tables
ROUNDS = 3
READERS = 20

Round = tuple[Drained, float]


def measure(empty: Stack, sizes: Sizes) -> Figures:
    with new_stack("full", NOTHING_IS_SENT, WHEN_COMMITTED) as full:
        return asyncio.run(_measure(empty, full, sizes))


async def _measure(empty: Stack, full: Stack, sizes: Sizes) -> Figures:
    for stack in (empty, full):
        await drain(stack, COPIED)
    await multiply(full, sizes.grown_orders // COPIED)
    rounds = [[await _round(stack, sizes) for stack in (empty, full)] for _ in range(ROUNDS)]
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


async def _round(stack: Stack, sizes: Sizes) -> Round:
    drained = await drain(stack, sizes.growth_orders)
    return drained, await _cost_of_pages(stack, drained.subjects[:READERS], sizes.growth_pages)


async def _cost_of_pages(stack: Stack, readers: Sequence[str], pages: int) -> float:
    """Processor seconds of PostgreSQL for the statements of the page that students open most."""
    url = stack.url("ordering")
    signed_in = await sign_in(stack, readers)
    asked = [request("GET", f"{url}/", headers) for headers in signed_in.values()]
    refuse_failures(await drive(url, asked, clients=1))
    before = processor_seconds(stack)
    refuse_failures(await drive(url, asked * (pages // READERS), clients=1))
    return used_since(stack, before)["PostgreSQL"]
