"""What the stack costs while nobody does anything, and how fast it wakes."""

import asyncio
import time
from collections.abc import Callable

from rich.console import Console

from devstack.accounts import Account
from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from devstack.journey.telling import milliseconds
from devstack.measuring import Rest, busy_machine, processor_seconds_of
from devstack.stack import Stack

WINDOW = 20  # seconds
LIMIT = 8  # percent of one core

Watch = Callable[[float], bool]


def show_cost(console: Console, stack: Stack, account: Account, watch: Watch, *, quiet: float) -> None:
    """`watch` passes so many seconds, and says whether the stack was whole meanwhile."""
    console.print(
        f"Measuring for {quiet + WINDOW} s: {quiet} s of quiet, then {WINDOW} s at rest …", style="dim"
    )
    rest = measure_rest(stack.pids, watch, quiet=quiet)
    if rest is None:
        console.print("Processor at rest: no figure, since a part was started again meanwhile.")
        return
    console.print(
        f"Processor at rest: [bold]{rest.percent_of_a_core:.1f} %[/] of one core "
        f"({WINDOW} s, after {quiet} s of quiet); {verdict(rest)}",
        soft_wrap=True,
    )
    seconds = asyncio.run(_order_once(stack.addresses, account.subject))
    console.print(f"First order after that sleep: [bold]{milliseconds(seconds)}[/]")


def measure_rest(
    pids: Callable[[], list[int]], watch: Watch, *, quiet: float, window: float = WINDOW
) -> Rest | None:
    """None when the stack was not whole: a part that starts is not at rest."""
    whole = watch(quiet)
    before, begun = processor_seconds_of(pids()), time.monotonic()
    whole = watch(window) and whole
    return Rest(time.monotonic() - begun, processor_seconds_of(pids()) - before) if whole else None


def verdict(rest: Rest) -> str:
    if rest.percent_of_a_core < LIMIT:
        return f"limit {LIMIT} %: kept"
    return f"limit {LIMIT} %: missed{busy_machine()}"


async def _order_once(addresses: Addresses, subject: str) -> float:
    """Seconds from an order to its activation code; then it is cancelled, so that it can be placed again."""
    async with await StudentClient.sign_in(addresses, subject) as student:
        begun = time.perf_counter()
        order = await student.place_order()
        await student.wait_for(order["order_id"], "READY")
        seconds = time.perf_counter() - begun
        await student.cancel(order["order_id"])
        return seconds
