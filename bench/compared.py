"""The drain beside a naive pipeline and a bare one, in turns on the same broker and PostgreSQL.

Prints orders a second, processor seconds per 1000 orders, and the ratios: medians with minimum and maximum.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

import asyncpg
from rich.console import Console
from rich.table import Table

from bench import drain
from bench.rivals.race import Raced, race_of
from contracts.catalogue import type_of
from contracts.ordering import OrderPlaced
from devstack.ports import free_ports
from devstack.settings import Places
from devstack.stack import Stack

OURS, NAIVE, BARE = "ours", "naive", "bare"
NAIVE_SHARE = 5  # it is slow: a fifth of the orders gives the same rate


def compare(folder: Path, orders: int, rounds: int) -> dict[str, list[Raced]]:
    """Each round has a stack of its own, so that ours always drains into tables of the same size."""
    raced: dict[str, list[Raced]] = {OURS: [], BARE: [], NAIVE: []}
    for number in range(rounds):
        places = Places(drain.REPOSITORY, folder / str(number))
        with Stack(places, free_ports(), settings=drain.NOTHING_IS_SENT) as stack:
            for name, race in asyncio.run(_round(stack, orders)).items():
                raced[name].append(race)
    return raced


async def _round(stack: Stack, orders: int) -> dict[str, Raced]:
    ours = _as_raced(await drain.measure(stack, orders))
    placed = await _placed(stack, orders)
    bare = await race_of(stack, BARE, placed)
    return {OURS: ours, BARE: bare, NAIVE: await race_of(stack, NAIVE, placed[: orders // NAIVE_SHARE])}


def _as_raced(drained: drain.Drained) -> Raced:
    return Raced(drained.orders, max(drained.seconds.values()), sum(drained.processor_seconds.values()))


async def _placed(stack: Stack, orders: int) -> list[OrderPlaced]:
    """The very payloads that ours has sent."""
    connection = await asyncpg.connect(stack.databases["ordering"])
    try:
        rows = await connection.fetch(
            "select body from events where headers::jsonb ->> 'ce_type' = $1 limit $2",
            type_of(OrderPlaced),
            orders,
        )
    finally:
        await connection.close()
    return [OrderPlaced.model_validate_json(row["body"]) for row in rows]


def rate(raced: Raced) -> float:
    return raced.orders / raced.seconds


def cost(raced: Raced) -> float:
    """Processor seconds per 1000 orders."""
    return 1000 * raced.processor_seconds / raced.orders


def spread(values: Sequence[float], digits: int) -> str:
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})"


def report(console: Console, raced: Mapping[str, Sequence[Raced]]) -> None:
    table = Table("pipeline", "orders a second", "CPU s per 1000 orders")
    for name, races in raced.items():
        table.add_row(name, spread([rate(one) for one in races], 0), spread([cost(one) for one in races], 3))
    console.print(table)
    for rival in (NAIVE, BARE):
        ratios = [rate(ours) / rate(theirs) for ours, theirs in zip(raced[OURS], raced[rival], strict=True)]
        costs = [cost(ours) / cost(theirs) for ours, theirs in zip(raced[OURS], raced[rival], strict=True)]
        console.print(f"ours / {rival}: {spread(ratios, 2)} of the rate at {spread(costs, 2)} of the cost")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("orders", type=int, nargs="?", default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    data = drain.REPOSITORY / ".data"
    data.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="compared-", dir=data) as folder:
        raced = compare(Path(folder), given.orders, given.rounds)
    report(Console(), raced)
    print(drain.machine())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
