"""`python -m notifier` serves; with a command it does one thing and ends."""

import asyncio
import sys

from eventing.commands import COMMANDS, run_command
from notifier.app import MIGRATIONS, SERVICE, create_notifier
from notifier.settings import NotifierSettings
from servicekit.app import run
from servicekit.database import migrate


def main(arguments: list[str]) -> None:
    settings = NotifierSettings()
    match arguments:
        case []:
            run(create_notifier(settings), settings, service=SERVICE)
        case ["migrate"]:
            migrate(settings.database_url, *MIGRATIONS)
        case [command, *_] if command in COMMANDS:
            done = run_command(arguments, service=SERVICE, database_url=settings.database_url)
            sys.stdout.write(asyncio.run(done) + "\n")
        case _:
            raise SystemExit(f"usage: python -m notifier [{' | '.join(('migrate', *COMMANDS))}]")


if __name__ == "__main__":
    main(sys.argv[1:])
