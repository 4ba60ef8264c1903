"""From POST of an order to READY on its live stream, one order at a time, on a stack that is awake."""

import asyncio
import time

from bench.figures import Figures, milliseconds
from bench.sizes import Sizes
from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import Addresses
from devstack.journey.student import Json, StudentClient
from devstack.stack import Stack

WARM_UP = 20  # orders
ORDERS_EACH = 5  # a student may order ten times a day
QUIET = 0.4  # seconds between two orders: letters of the last one are still on their way


def measure(stack: Stack, sizes: Sizes) -> Figures:
    taken = asyncio.run(order_one_by_one(stack.addresses, those_who_may_order(), sizes.latency_orders))
    return {"idle_p50_ms": milliseconds(taken, 50), "idle_p99_ms": milliseconds(taken, 99)}


async def order_one_by_one(addresses: Addresses, accounts: list[Account], orders: int) -> list[float]:
    """Seconds of each order after the first few, which warm connections and caches."""
    needed = -(-(WARM_UP + orders) // ORDERS_EACH)
    students = [await StudentClient.sign_in(addresses, account.subject) for account in accounts[:needed]]
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
