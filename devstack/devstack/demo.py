"""The demo: the journey told live, where to click, and what the stack costs."""

import asyncio

from rich.console import Console

from devstack.accounts import Account, those_who_may_order
from devstack.cost import show_cost
from devstack.journey.http import Addresses, JourneyError
from devstack.journey.story import Walked, walk
from devstack.journey.student import StudentClient
from devstack.journey.telling import Narrator, milliseconds
from devstack.measuring import MemoryMeter
from devstack.settings import is_set
from devstack.showing import show_authority, show_people, show_places, show_words
from devstack.stack import Stack
from devstack.supervision import Supervisor, watch_strictly

QUIET = 60  # seconds; for 40 after the outage services ask the broker often
A_DAY = 24 * 3600


def demonstrate(stack: Stack, console: Console) -> int:
    """One student's journey; then, unless ONCE=1, everything stays up until Ctrl-C."""
    addresses = stack.addresses
    show_words(console)
    with MemoryMeter(stack.pids) as memory:
        walked, waiter = asyncio.run(_tell(stack, addresses, Narrator(console)))
    _print_order(console, walked.order_seconds)
    console.print(f"Peak memory of the whole stack: [bold]{memory.peak / 1e6:.0f} MB[/]")
    if is_set("ONCE"):
        console.print("ONCE=1: it ends after the next figures.", style="dim")
        show_cost(console, stack, waiter, lambda seconds: watch_strictly(stack, seconds), quiet=QUIET)
        return 0
    supervisor = _everything_is_up(stack, console)
    console.print("Clicking and calling meanwhile spoils the next figures, and nothing else.", style="dim")
    show_cost(console, stack, waiter, supervisor.watch, quiet=QUIET)
    return supervisor.stay()


def stay_up(stack: Stack, console: Console) -> int:
    return _everything_is_up(stack, console).stay()


def _everything_is_up(stack: Stack, console: Console) -> Supervisor:
    show_places(console, stack.ports)
    if stack.authority:
        show_authority(console, stack.authority)
    show_people(console, stack.addresses)
    console.print("[bold]Everything is up, use it.[/] Ctrl-C ends it; the data stay for the next time.")
    return Supervisor(stack, console.print)


async def _tell(stack: Stack, addresses: Addresses, narrator: Narrator) -> tuple[Walked, Account]:
    """Walks with students whom nobody is offered by name, the last first; those offered stay as they are."""
    accounts = [account for account in reversed(those_who_may_order()) if not account.shown]
    walker, waiter = [await _one_who_may_order(addresses, some) for some in (accounts[::2], accounts[1::2])]
    walked = await walk(addresses, walker.subject, walker.email, narrator)
    await survive_an_outage(stack, addresses, waiter, narrator)
    return walked, waiter


async def _one_who_may_order(addresses: Addresses, accounts: list[Account]) -> Account:
    """The first who has no open order and no card from an earlier run."""
    for account in accounts:
        async with await StudentClient.sign_in(addresses, account.subject) as student:
            if (await student.eligibility())["may_order"] and not await student.cards():
                return account
    raise JourneyError("every student of the samples has a card by now: start again with RESET=1")


async def survive_an_outage(stack: Stack, addresses: Addresses, account: Account, narrator: Narrator) -> None:
    narrator.chapter("Awaria · outage: the broker dies, and with it all that was in it")
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


def _print_order(console: Console, seconds: float) -> None:
    console.print()
    console.print(
        f"From order to activation code: [bold green]{milliseconds(seconds)}[/]. "
        f"Today's systems of universities say “up to a day”: {A_DAY / seconds:,.0f} times as long.",
        soft_wrap=True,
    )
