"""What every service can be told on its command line: serve, migrate, settle dead letters, ask for events."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from typing import TypeVar

from fastapi import FastAPI

from eventing.commands import COMMANDS, run_command
from servicekit.app import run
from servicekit.database import migrate, migrations_of
from servicekit.logs import tell_crashes
from servicekit.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)

SHARED = ("migrate", *COMMANDS)


def run_shared_command(
    arguments: Sequence[str],
    *,
    service: str,
    settings: S,
    create: Callable[[S], FastAPI],
) -> bool:
    """Without a command the service serves until it is told to end. False when the command is not shared.

    How this process tells its crashes is decided here, for commands that are not shared, too.
    """
    tell_crashes()
    match list(arguments):
        case []:
            run(create(settings), settings, service=service)
        case ["migrate"]:
            migrate(settings.database_url, *migrations_of(service))
        case [command, *_] if command in COMMANDS:
            done = run_command(arguments, service=service, database_url=settings.database_url)
            sys.stdout.write(asyncio.run(done) + "\n")
        case _:
            return False
    return True
