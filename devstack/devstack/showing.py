"""What whoever uses the stack by hand has to know: words, addresses, and who can sign in."""

import asyncio
import os
from pathlib import Path

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from devstack.accounts import Account, all_accounts
from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from devstack.ports import Ports
from devstack.settings import url_of

WORDS = {
    "mLegitymacja": "mobile student card",
    "PESEL": "number of a person in Poland's register",
    "UMCS": "university in Lublin",
    "PWr": "university of technology in Wrocław",
}
PLACES = {
    "ordering": "student portal (orders, cards); its API: /docs",
    "wallet": "wallet app (the card on the phone); /docs",
    "verifier": "verifier (is a shown card valid?)",
    "issuer": "issuer of the cards; /docs",
    "notifier": "alerts; /docs",
    "mail": "the e-mails that were sent",
    "identity": "identity provider",
}


def show_words(console: Console) -> None:
    words = " · ".join(f"{word}: {meaning}" for word, meaning in WORDS.items())
    console.print(f"\nPolish · English. {words}.", style="dim", highlight=False, soft_wrap=True)


def show_places(console: Console, ports: Ports) -> None:
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]sign in[/]", f"[bold]{sign_in_at(ports)}[/]")
    for name, what in PLACES.items():
        table.add_row(what, url_of(name, ports))
    console.print(Panel(table, title="Where", title_align="left"))


def show_authority(console: Console, authority: Path) -> None:
    where = os.path.relpath(authority)
    console.print(f"Browsers and wallets have to trust {where} (curl: --cacert).", soft_wrap=True)


def sign_in_at(ports: Ports) -> str:
    return f"{url_of('ordering', ports)}/signin"


def show_people(console: Console, addresses: Addresses) -> None:
    """Clerks are left out: there are no screens for them yet."""
    students = [account for account in all_accounts() if account.shown and not account.is_clerk]
    table = Table.grid(padding=(0, 2))
    for account, state in zip(students, asyncio.run(_states(addresses, students)), strict=True):
        table.add_row(f"[bold]{account.subject}[/]", account.institution, state)
    title = f"Who signs in at {addresses.ordering}/signin (no passwords)"
    console.print(Panel(table, title=title, title_align="left"))


async def _states(addresses: Addresses, accounts: list[Account]) -> list[str]:
    return await asyncio.gather(*(state_of(addresses, account) for account in accounts))


async def state_of(addresses: Addresses, account: Account) -> str:
    """How far this student has come, in earlier runs or by hand."""
    async with await StudentClient.sign_in(addresses, account.subject) as student:
        if account.note:
            return f"refused: {account.note}"
        cards = ", ".join(card["status"].lower() for card in await student.cards())
        may_order = (await student.eligibility())["may_order"]
    if cards:
        return f"has a card: {cards}"
    return "[green]fresh: may order[/]" if may_order else "has an order"
