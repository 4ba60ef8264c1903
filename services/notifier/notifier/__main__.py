"""`python -m notifier` serves; with a command it does one thing and ends."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from uuid import UUID

from notifier.app import SERVICE, create_notifier
from notifier.commands import export, reseal_contacts
from notifier.settings import NotifierSettings
from servicekit.commands import parse_command, run_shared_command
from servicekit.settings import load_settings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments, _add_commands)
    settings = load_settings(NotifierSettings)
    if not run_shared_command(options, service=SERVICE, settings=settings, create=create_notifier):
        asyncio.run(_run_own_command(options, settings))


async def _run_own_command(options: Namespace, settings: NotifierSettings) -> None:
    """What the notifier alone can do."""
    match options.command:
        case "export":
            await export(settings, options.institution, options.student_ref)
        case "reseal":
            await reseal_contacts(settings)


def _add_commands(add: Callable[..., ArgumentParser]) -> None:
    exported = add("export", help="write what is stored about a student here, as JSON")
    exported.add_argument("institution")
    exported.add_argument("student_ref", type=UUID)
    add("reseal", help="seal what is kept of people under the current key")


if __name__ == "__main__":
    main(sys.argv[1:])
