"""`python -m notifier` serves; with a command it does one thing and ends."""

import asyncio
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from uuid import UUID

from notifier.app import SERVICE, create_notifier
from notifier.commands import export
from notifier.settings import NotifierSettings
from servicekit.commands import parse_command, run_shared_command
from servicekit.settings import load_settings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments, _add_commands)
    settings = load_settings(NotifierSettings)
    if not run_shared_command(options, service=SERVICE, settings=settings, create=create_notifier):
        asyncio.run(export(settings, options.institution, options.student_ref))


def _add_commands(add: Callable[..., ArgumentParser]) -> None:
    exported = add("export", help="write what is stored about a student here, as JSON")
    exported.add_argument("institution")
    exported.add_argument("student_ref", type=UUID)


if __name__ == "__main__":
    main(sys.argv[1:])
