"""From POST order to READY on the live stream, one order at a time, on the idle embedded stack."""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import Addresses
from devstack.journey.student import Json, StudentClient
from devstack.ports import free_ports
from devstack.settings import Places
from devstack.stack import Stack

REPOSITORY = Path(__file__).resolve().parents[1]
WARM_UP = 20
QUIET = 0.2  # seconds between two orders: letters of the last one are still on their way
LIMITS = {50: 0.060, 99: 0.200}  # percentile: seconds


async def measure(addresses: Addresses, accounts: list[Account], orders: int) -> list[float]:
    """Seconds of each order after the first few, which warm connections and caches."""
    students = [await StudentClient.sign_in(addresses, account.subject) for account in accounts]
    consents = await accepted_consents(students[0])
    taken = [
        await order_once(students[number % len(students)], consents) for number in range(WARM_UP + orders)
    ]
    for student in students:
        await student.http.aclose()
    return taken[WARM_UP:]


async def accepted_consents(student: StudentClient) -> list[Json]:
    return [{"kind": each["kind"], "version": each["version"]} for each in await student.consents()]


async def order_once(student: StudentClient, consents: list[Json]) -> float:
    begun = time.perf_counter()
    order = await student.order_with(consents)
    async for change in student.follow(order["order_id"]):
        if change.get("status") == "READY":
            break
    taken = time.perf_counter() - begun
    await student.cancel(order["order_id"])
    await asyncio.sleep(QUIET)
    return taken


def percentile(sorted_seconds: list[float], percent: int) -> float:
    return statistics.quantiles(sorted_seconds, n=100, method="inclusive")[percent - 1]


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--orders", type=int, default=200)
    orders = arguments.parse_args().orders
    console = Console()
    with tempfile.TemporaryDirectory(prefix="latency-", dir=data_folder()) as folder:
        places = Places(REPOSITORY, Path(folder))
        console.print(f"Measuring {orders} orders, one at a time …")
        with Stack(places, free_ports()) as stack:
            seconds = sorted(asyncio.run(measure(Addresses.of(stack.ports), those_who_may_order(), orders)))
    return report(console, seconds)


def data_folder() -> Path:
    folder = REPOSITORY / ".data"
    folder.mkdir(exist_ok=True)
    return folder


def report(console: Console, seconds: list[float]) -> int:
    """Status 1 when a limit is exceeded."""
    kept = True
    for percent, limit in LIMITS.items():
        value = percentile(seconds, percent)
        kept = kept and value < limit
        verdict = "within" if value < limit else "[red]over[/]"
        console.print(f"p{percent} {value * 1000:6.1f} ms  ({verdict} {limit * 1000:.0f} ms)")
    console.print(f"max {seconds[-1] * 1000:6.1f} ms, {len(seconds)} orders")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
