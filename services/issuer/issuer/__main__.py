"""`python -m issuer` serves; with a command it does one thing and ends."""

import asyncio
import sys

from eventing.commands import COMMANDS, run_command
from issuer.app import MIGRATIONS, SERVICE, create_issuer
from issuer.settings import IssuerSettings
from servicekit.app import run
from servicekit.database import migrate


def main(arguments: list[str]) -> None:
    settings = IssuerSettings()
    match arguments:
        case []:
            run(create_issuer(settings), settings, service=SERVICE)
        case ["migrate"]:
            migrate(settings.database_url, *MIGRATIONS)
        case [command, *_] if command in COMMANDS:
            done = run_command(arguments, service=SERVICE, database_url=settings.database_url)
            sys.stdout.write(asyncio.run(done) + "\n")
        case _:
            raise SystemExit(f"usage: python -m issuer [{' | '.join(('migrate', *COMMANDS))}]")


if __name__ == "__main__":
    main(sys.argv[1:])
