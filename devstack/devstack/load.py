"""`python -m devstack.load` places orders, so many a second for so long, and tells what became of them.

Each order is cancelled once it is ready, so that its student can order again.
"""

import argparse
import asyncio
import re
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from statistics import quantiles

import httpx

from devstack.accounts import those_who_may_order
from devstack.journey.http import NAMES, Addresses, JourneyError
from devstack.journey.student import StudentClient
from devstack.ports import STANDARD_PORTS

LOOK_EVERY, WITHIN = 0.1, 60.0  # seconds
AT_ONCE = 10  # students who sign in at the same time
_ID = re.compile("[0-9a-f]{8}-[0-9a-f-]{27}")

Students = asyncio.Queue[StudentClient]


@dataclass(slots=True)
class Outcome:
    """What became of all orders; `ready` has the seconds that each took."""

    wanted: int = 0
    placed: int = 0
    ready: list[float] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)

    @property
    def all_went_well(self) -> bool:
        return not self.failures and len(self.ready) == self.wanted

    def lines(self) -> list[str]:
        told = [f"orders wanted {self.wanted}, placed {self.placed}, ready {len(self.ready)}"]
        if len(self.ready) > 1:
            shares = quantiles(self.ready, n=100, method="inclusive")
            times = {"p50": shares[49], "p95": shares[94], "p99": shares[98], "longest": max(self.ready)}
            told.append(
                "from order to ready: " + ", ".join(f"{k} {v * 1000:.0f} ms" for k, v in times.items())
            )
        return told + [f"failed {count} times: {what}" for what, count in self.failures.most_common()]


async def drive(addresses: Addresses, *, rate: float, seconds: float) -> Outcome:
    """Orders begin on time whatever became of those before: a slow stack is not spared."""
    outcome = Outcome(wanted=round(rate * seconds))
    free = await _students(addresses, most=max(AT_ONCE, round(rate * 5), outcome.wanted // 8))
    begun = time.monotonic()
    async with asyncio.TaskGroup() as orders:
        for number in range(outcome.wanted):
            await asyncio.sleep(begun + number / rate - time.monotonic())
            orders.create_task(_order(free, outcome))
    while not free.empty():
        await free.get_nowait().http.aclose()
    return outcome


async def _students(addresses: Addresses, *, most: int) -> Students:
    """Signed in, and free to order."""
    free: Students = asyncio.Queue()
    accounts = iter(those_who_may_order())

    async def sign_in() -> None:
        for account in accounts:
            if free.qsize() >= most:
                return
            student = await StudentClient.sign_in(addresses, account.subject)
            if (await student.eligibility())["may_order"]:
                free.put_nowait(student)
            else:
                await student.http.aclose()

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(sign_in())
    return free


async def _order(free: Students, outcome: Outcome) -> None:
    """A student whose order failed still has it, and is not given back to those who are free."""
    try:
        begun = time.perf_counter()
        student, order_id = await _place(free)
        outcome.placed += 1
        await _wait_until_ready(student, order_id)
        outcome.ready.append(time.perf_counter() - begun)
        await student.cancel(order_id)
        free.put_nowait(student)
    except (JourneyError, httpx.HTTPError) as error:
        outcome.failures[_ID.sub("…", f"{type(error).__name__} {error}".strip())[:200]] += 1


async def _place(free: Students) -> tuple[StudentClient, str]:
    """By the next who is free; a student may order ten times a day, and is sent home then."""
    while True:
        try:
            student = await asyncio.wait_for(free.get(), WITHIN)
        except TimeoutError:
            raise JourneyError("no student is free to order: start again with empty volumes") from None
        try:
            return student, str((await student.place_order())["order_id"])
        except JourneyError as error:
            if "TOO_MANY_ORDERS" not in str(error):
                raise
            await student.http.aclose()


async def _wait_until_ready(student: StudentClient, order_id: str) -> None:
    deadline = time.monotonic() + WITHIN
    while (await student.order(order_id))["status"] != "READY":
        if time.monotonic() > deadline:
            raise JourneyError(f"an order was not ready after {WITHIN:.0f} s")
        await asyncio.sleep(LOOK_EVERY)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m devstack.load", description=__doc__)
    parser.add_argument("--rate", type=float, default=5, help="orders a second")
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--gateway", default="localhost", help="the host that all standard ports lead to")
    given = parser.parse_args()
    at = {n: f"http://{given.gateway}:{getattr(STANDARD_PORTS, n)}" for n in NAMES}
    outcome = asyncio.run(drive(Addresses(**at, authority=None), rate=given.rate, seconds=given.seconds))
    print("\n".join(outcome.lines()))
    return 0 if outcome.all_went_well else 1


if __name__ == "__main__":
    sys.exit(main())
