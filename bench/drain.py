"""How fast waiting orders drain: from ordering's outbox to READY there, and to rows in wallet and notifier.

All services are up, idle and one process each. Nothing is sent: mail and push have figures of their own.
"""

import argparse
import asyncio
import os
import platform
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil
from rich.console import Console
from rich.table import Table

from bench.waiting_orders import place_orders, relay_held_back, until
from devstack.measuring import memory_of, processor_seconds_of
from devstack.ports import free_ports
from devstack.settings import SERVICES, Places
from devstack.stack import Stack

REPOSITORY = Path(__file__).resolve().parents[1]
LONGEST = 600.0  # seconds
NOTHING_IS_SENT = {"MAIL_SENDERS": "0", "PUSH_SENDERS": "0"}
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


async def measure(stack: Stack, orders: int) -> Drained:
    sizes = await database_sizes(stack)
    async with relay_held_back(stack.databases["ordering"]):
        begun = time.perf_counter()
        await place_orders(stack.places, stack.databases["ordering"], orders)
        placed = time.perf_counter() - begun
        print(f"{orders} orders placed in {placed:.1f} s ({orders / placed:.0f} a second); they wait.")
        before = processor_seconds(stack)
    begun = time.perf_counter()
    reached = await asyncio.gather(*(_reached(stack.databases[name], name, orders) for name in GOALS))
    after = processor_seconds(stack)
    return Drained(
        orders=orders,
        seconds={name: at - begun for name, at in zip(GOALS, reached, strict=True)},
        processor_seconds={name: after[name] - before[name] for name in after},
        memory={name: memory_of([pid]) for name, pid in parts(stack).items()},
        grown={name: size - sizes[name] for name, size in (await database_sizes(stack)).items()},
    )


async def database_sizes(stack: Stack) -> dict[str, int]:
    assert stack.postgres is not None
    connection = await asyncpg.connect(stack.postgres.url())
    try:
        rows = await connection.fetch(
            "select s, pg_database_size(s) as size from unnest($1::text[]) s", SERVICES
        )
        return {row["s"]: row["size"] for row in rows}
    finally:
        await connection.close()


async def _reached(database_url: str, service: str, orders: int) -> float:
    connection = await asyncpg.connect(database_url)
    try:
        await until(lambda: _has_all(connection, service, orders), within=LONGEST)
        return time.perf_counter()
    finally:
        await connection.close()


async def _has_all(connection: "asyncpg.Connection[asyncpg.Record]", service: str, orders: int) -> bool:
    return int(await connection.fetchval(GOALS[service])) >= orders


def parts(stack: Stack) -> dict[str, int]:
    """The process of each part that an order passes."""
    assert stack.postgres is not None
    running = {name: stack.running[name].pid for name in (*SERVICES, "broker")}
    return running | {"PostgreSQL": stack.postgres.process.pid}


def processor_seconds(stack: Stack) -> dict[str, float]:
    return {name: processor_seconds_of([pid]) for name, pid in parts(stack).items()}


def report(console: Console, drained: Drained) -> None:
    for service, seconds in drained.seconds.items():
        console.print(f"{service:9} {drained.orders / seconds:7.0f} orders/s  ({seconds:.2f} s)")
    thousands = drained.orders / 1000
    total = sum(drained.processor_seconds.values()) / thousands
    console.print(_table(drained, thousands, total))
    console.print(f"{1000 / total:.0f} orders per second and core")


def _table(drained: Drained, thousands: float, total: float) -> Table:
    table = Table("process", "CPU s per 1000 orders", "memory, MB", "database, kB per order")
    for name, seconds in drained.processor_seconds.items():
        grown = f"{drained.grown[name] / 1000 / drained.orders:.1f}" if name in drained.grown else ""
        table.add_row(name, f"{seconds / thousands:.3f}", f"{drained.memory[name] / 1e6:.0f}", grown)
    memory, disk = sum(drained.memory.values()) / 1e6, sum(drained.grown.values()) / 1000 / drained.orders
    table.add_row("all", f"{total:.3f}", f"{memory:.0f}", f"{disk:.1f}")
    return table


def machine() -> str:
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, commit {commit()}"


def commit() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    return subprocess.run(asked, cwd=REPOSITORY, capture_output=True, text=True, check=False).stdout.strip()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("orders", type=int, nargs="?", default=5000)
    orders = arguments.parse_args().orders
    console = Console()
    data = REPOSITORY / ".data"
    data.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="drain-", dir=data) as folder,
        Stack(Places(REPOSITORY, Path(folder)), free_ports(), settings=NOTHING_IS_SENT) as stack,
    ):
        drained = asyncio.run(measure(stack, orders))
    report(console, drained)
    console.print(machine())
    return 0


if __name__ == "__main__":
    sys.exit(main())
