"""The commands by which an operator says who acts for the dean's office."""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.commands import OPERATOR, opened_works
from ordering.settings import OrderingSettings
from servicekit.institutions import load_institutions


def add_clerk_commands(add: Callable[..., ArgumentParser]) -> None:
    for command, does in (("add-clerk", "let a person act"), ("remove-clerk", "let a person no longer act")):
        clerk = add(command, help=f"{does} for the dean's office")
        clerk.add_argument("institution")
        clerk.add_argument("subject", help="the `sub` of this person at the identity provider")


async def run_clerk_command(settings: OrderingSettings, options: Namespace) -> None:
    act = add_clerk if options.command == "add-clerk" else remove_clerk
    await act(settings, options.institution, options.subject)


async def add_clerk(settings: OrderingSettings, institution_id: str, subject: str) -> None:
    """Doing it again changes nothing."""
    if institution_id not in load_institutions(settings.institutions_dir):
        raise SystemExit(f"{institution_id} is no institution: use the name of a file in INSTITUTIONS_DIR")
    async with opened_works(settings) as works, works.begin() as work:
        added = await store.clerks.add(work.connection, work.new_id(), institution_id, subject, work.now)
        if added is not None:
            await _note(work, institution_id, added, "clerk_added")
    sys.stdout.write(f"this person is a clerk of {institution_id} now\n")


async def remove_clerk(settings: OrderingSettings, institution_id: str, subject: str) -> None:
    """From their next request on they are none; what they did stays in the audit."""
    async with opened_works(settings) as works, works.begin() as work:
        removed = await store.clerks.remove(work.connection, institution_id, subject, work.now)
        if removed is None:
            raise SystemExit(f"no clerk of {institution_id} has this subject: it is the `sub` of add-clerk")
        await _note(work, institution_id, removed, "clerk_removed")
    sys.stdout.write(f"this person is no clerk of {institution_id} any more\n")


async def _note(work: UnitOfWork, institution_id: str, clerk: UUID, action: str) -> None:
    details = {"clerk": str(clerk)}
    await store.audit.add(work.connection, institution_id, work.now, OPERATOR, action, details=details)
