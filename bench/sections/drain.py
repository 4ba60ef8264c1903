"""How fast waiting orders drain, beside a naive pipeline and a bare one, in turns on the same machine."""

import asyncio
from collections.abc import Sequence
from itertools import cycle, islice
from uuid import uuid4

from bench.draining import Drained, drain
from bench.figures import Figure, Figures
from bench.rivals.race import Raced, rival_of
from bench.sizes import Sizes
from bench.stacks import connected
from contracts.catalogue import type_of
from contracts.ordering import OrderPlaced
from devstack.broker import is_apache_kafka
from devstack.stack import Stack

NAIVE_SHARE = 5  # it is slow: a fifth of the orders gives the same rate

Round = tuple[Drained, Raced, Raced]


def measure(stack: Stack, sizes: Sizes) -> Figures:
    rounds = asyncio.run(_rounds(stack, sizes))
    return _figures(rounds) | _by_process([ours for ours, _, _ in rounds])


async def _rounds(stack: Stack, sizes: Sizes) -> list[Round]:
    if is_apache_kafka():  # a fresh one first compiles what it does often
        await drain(stack, 1)
        async with rival_of(stack, "bare") as bare:
            await bare.run(_as_many(await _placed(stack, 1), sizes.bare_orders))
    return [await _round(stack, sizes) for _ in range(sizes.drain_rounds)]


async def _round(stack: Stack, sizes: Sizes) -> Round:
    orders = sizes.drain_orders
    ours = await drain(stack, orders)
    placed = await _placed(stack, orders)
    async with rival_of(stack, "naive") as naive:  # which comes while the other runs, and asks seldom
        async with rival_of(stack, "bare") as bare:
            of_bare = await bare.run(_as_many(placed, sizes.bare_orders))
        return ours, of_bare, await naive.run(placed[: orders // NAIVE_SHARE])


def _as_many(placed: Sequence[OrderPlaced], wanted: int) -> list[OrderPlaced]:
    """The same payloads, again as orders of their own: what is over in half a second is not measured well."""
    return [
        *placed[:wanted],
        *(
            order.model_copy(update={"order_id": uuid4()})
            for order in islice(cycle(placed), max(0, wanted - len(placed)))
        ),
    ]


async def _placed(stack: Stack, orders: int) -> list[OrderPlaced]:
    """The very payloads that ours has sent."""
    async with connected(stack.databases["ordering"]) as connection:
        rows = await connection.fetch(
            "select body from events where headers::jsonb ->> 'ce_type' = $1 limit $2",
            type_of(OrderPlaced),
            orders,
        )
    return [OrderPlaced.model_validate_json(row["body"]) for row in rows]


def _figures(rounds: Sequence[Round]) -> Figures:
    ours, bare, naive = zip(*rounds, strict=True)
    return {
        "drain_orders_per_s": Figure.of(*(each.rate for each in ours)),
        "drain_cpu_s_per_1000": Figure.of(*(each.cost for each in ours)),
        "bare_orders_per_s": Figure.of(*(each.rate for each in bare)),
        "bare_cpu_s_per_1000": Figure.of(*(each.cost for each in bare)),
        "naive_orders_per_s": Figure.of(*(each.rate for each in naive)),
        "naive_cpu_s_per_1000": Figure.of(*(each.cost for each in naive)),
        "drain_vs_naive": Figure.of(*(one.rate / other.rate for one, _, other in rounds)),
        "drain_vs_bare": Figure.of(*(one.rate / other.rate for one, other, _ in rounds)),
        "drain_cpu_vs_naive": Figure.of(*(other.cost / one.cost for one, _, other in rounds)),
        "drain_cpu_vs_bare": Figure.of(*(other.cost / one.cost for one, other, _ in rounds)),
    }


def _by_process(drained: Sequence[Drained]) -> Figures:
    return {
        f"drain_cpu_s_per_1000_{name.lower()}": Figure.of(
            *(1000 * each.processor_seconds[name] / each.orders for each in drained)
        )
        for name in drained[0].processor_seconds
    } | {
        "drain_rss_mb": Figure.of(*(sum(each.memory.values()) / 1e6 for each in drained)),
        "drain_disk_kb_per_order": Figure.of(
            *(sum(each.grown.values()) / 1000 / each.orders for each in drained)
        ),
    }
