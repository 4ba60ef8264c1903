"""From POST of an order to READY on its live stream, one order at a time, on an idle embedded stack."""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import Addresses
from devstack.journey.student import Json, StudentClient
from devstack.measuring import busy_machine
from devstack.ports import free_ports
from devstack.settings import Places
from devstack.stack import Stack

REPOSITORY = Path(__file__).resolve().parents[1]
WARM_UP = 20
QUIET = 0.2  # seconds between two orders: letters of the last one are still on their way
TOLD_EVERY = 50  # orders
LIMITS = {50: 0.060, 99: 0.200}  # percentile: seconds


async def measure(
    addresses: Addresses, accounts: list[Account], orders: int, tell: Callable[[str], None]
) -> list[float]:
    """Seconds of each order after the first few, which warm connections and caches."""
    tell(f"Signing in {len(accounts)} students, and {WARM_UP} orders to warm up …")
    students = [await StudentClient.sign_in(addresses, account.subject) for account in accounts]
    consents = await accepted_consents(students[0])
    taken: list[float] = []
    for number in range(WARM_UP + orders):
        taken.append(await order_once(students[number % len(students)], consents))
        measured = taken[WARM_UP:]
        if measured and len(measured) % TOLD_EVERY == 0:
            tell(f"{len(measured)} of {orders}, p50 so far {statistics.median(measured) * 1000:.1f} ms")
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
    arguments.add_argument("--tell", action="store_true", help="status 0 also when a limit is missed")
    given = arguments.parse_args()
    orders = given.orders
    console = Console(soft_wrap=True)
    console.print(f"{__doc__} {orders} orders.")
    with tempfile.TemporaryDirectory(prefix="latency-", dir=data_folder()) as folder:
        places = Places(REPOSITORY, Path(folder))
        with Stack(places, free_ports(), tell=lambda what: console.print(f"{what} …", style="dim")) as stack:
            accounts = those_who_may_order()
            measuring = measure(Addresses.of(stack.ports), accounts, orders, console.print)
            seconds = sorted(asyncio.run(measuring))
    return 0 if report(console, seconds) or given.tell else 1


def data_folder() -> Path:
    folder = REPOSITORY / ".data"
    folder.mkdir(exist_ok=True)
    return folder


def report(console: Console, seconds: list[float]) -> bool:
    """Whether the limits are kept."""
    values = {percent: percentile(seconds, percent) for percent in LIMITS}
    for percent, value in values.items():
        console.print(f"p{percent} {value * 1000:6.1f} ms  ({verdict(value, LIMITS[percent])})")
    console.print(f"max {seconds[-1] * 1000:6.1f} ms, {len(seconds)} orders")
    return all(value < LIMITS[percent] for percent, value in values.items())


def verdict(value: float, limit: float) -> str:
    told = f"limit {limit * 1000:.0f} ms: "
    return told + ("kept" if value < limit else f"[red]missed[/]{busy_machine()}")


if __name__ == "__main__":
    sys.exit(main())
