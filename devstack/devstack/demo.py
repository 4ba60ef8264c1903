"""The demo: the journey told live, then what it cost, and where to click."""

import asyncio
import os
import time

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from devstack.accounts import Account, all_accounts, those_who_may_order
from devstack.journey.http import Addresses, JourneyError
from devstack.journey.story import Walked, walk
from devstack.journey.student import StudentClient
from devstack.journey.telling import Narrator, milliseconds
from devstack.measuring import MemoryMeter, Rest, processor_seconds_of
from devstack.stack import Stack

QUIET, QUIET_ONCE, WINDOW = 60, 15, 10  # seconds
A_DAY = 24 * 3600


def demonstrate(stack: Stack) -> int:
    """One student's journey; then, unless ONCE=1, everything stays up until Ctrl-C."""
    once = os.environ.get("ONCE", "") not in ("", "0")
    console = Console()
    accounts = those_who_may_order()
    addresses = Addresses.of(stack.ports)
    with MemoryMeter(stack.pids) as memory:
        walked = asyncio.run(_tell(stack, addresses, accounts, Narrator(console)))
    _print_order(console, walked.order_seconds)
    if not once:
        show_where(console, stack)
    _print_rest(console, stack, accounts[-1], addresses, quiet=QUIET_ONCE if once else QUIET)
    console.print(f"Peak memory of the whole stack: [bold]{memory.peak / 1e6:.0f} MB[/]")
    return 0 if once else wait_for_the_end(console, stack)


async def _tell(stack: Stack, addresses: Addresses, accounts: list[Account], narrator: Narrator) -> Walked:
    walker, waiter = [
        await _one_who_may_order(addresses, account) for account in (accounts[::2], accounts[1::2])
    ]
    walked = await walk(addresses, walker.subject, walker.email, narrator)
    await survive_an_outage(stack, addresses, waiter, narrator)
    return walked


async def _one_who_may_order(addresses: Addresses, accounts: list[Account]) -> Account:
    """The first who has no open order and no card from an earlier run."""
    for account in accounts:
        async with await StudentClient.sign_in(addresses, account.subject) as student:
            if (await student.eligibility())["may_order"] and not await student.cards():
                return account
    raise JourneyError("every student of the samples has a card by now: start again with RESET=1")


async def survive_an_outage(stack: Stack, addresses: Addresses, account: Account, narrator: Narrator) -> None:
    narrator.chapter("Awaria · the broker dies, and with it all that was in it")
    async with await StudentClient.sign_in(addresses, account.subject) as student:
        stack.kill("broker")
        with narrator.step("An order is taken all the same"):
            order = await student.place_order()
        with narrator.step("A broker is back, and empty"):
            stack.start("broker")
        with narrator.step("The order is ready") as step:
            await student.wait_for(order["order_id"], "READY")
            step.saw("what was in the log stands in the databases, and was told again")
        await student.cancel(order["order_id"])


def stay_up(stack: Stack) -> int:
    console = Console()
    show_where(console, stack)
    return wait_for_the_end(console, stack)


def wait_for_the_end(console: Console, stack: Stack) -> int:
    console.print("Everything stays up. Ctrl-C ends it; the data stay for the next time.")
    while True:
        stack.check()
        time.sleep(0.5)


def show_where(console: Console, stack: Stack) -> None:
    places = Table.grid(padding=(0, 2))
    for name, what in WHERE.items():
        places.add_row(what, f"[bold]{stack.url(name)}[/]")
    people = Table.grid(padding=(0, 2))
    for account in all_accounts():
        if account.shown:
            people.add_row(f"[bold]{account.subject}[/]", account.name, account.institution, account.note)
    console.print(Panel(places, title="Where", title_align="left"))
    console.print(Panel(people, title="Who (no passwords)", title_align="left"))


WHERE = {
    "ordering": "student portal, API at /docs",
    "wallet": "wallet and verification API",
    "issuer": "credential issuer",
    "notifier": "alerts",
    "mail": "e-mails that were sent",
    "identity": "identity provider",
}


def _print_order(console: Console, seconds: float) -> None:
    console.print()
    console.print(
        f"From order to activation code: [bold green]{milliseconds(seconds)}[/] "
        f"(“up to a day” is {A_DAY / seconds:,.0f} times as long)"
    )


def _print_rest(
    console: Console, stack: Stack, account: Account, addresses: Addresses, *, quiet: float
) -> None:
    console.print(f"Measuring the stack at rest: {quiet} s of quiet, then {WINDOW} s …", style="dim")
    rest = _rest(stack, quiet)
    console.print(
        f"Processor at rest: [bold]{rest.percent_of_a_core:.1f} %[/] of one core "
        f"({WINDOW} s, after {quiet} s of quiet)"
    )
    seconds = asyncio.run(_order_once(addresses, account.subject))
    console.print(f"First order after that sleep: [bold]{milliseconds(seconds)}[/]")


def _rest(stack: Stack, quiet: float) -> Rest:
    _sleep_while_up(stack, quiet)
    before = processor_seconds_of(stack.pids())
    _sleep_while_up(stack, WINDOW)
    return Rest(WINDOW, processor_seconds_of(stack.pids()) - before)


def _sleep_while_up(stack: Stack, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stack.check()
        time.sleep(0.5)


async def _order_once(addresses: Addresses, subject: str) -> float:
    """Seconds from an order to its activation code; then it is cancelled, so that it can be placed again."""
    async with await StudentClient.sign_in(addresses, subject) as student:
        begun = time.perf_counter()
        order = await student.place_order()
        await student.wait_for(order["order_id"], "READY")
        seconds = time.perf_counter() - begun
        await student.cancel(order["order_id"])
        return seconds
