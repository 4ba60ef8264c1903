"""`python -m wallet` serves; with a command it does one thing and ends."""

import asyncio
import sys

from eventing.commands import COMMANDS, run_command
from servicekit.app import run
from servicekit.database import migrate
from wallet.app import MIGRATIONS, SERVICE, create_wallet
from wallet.settings import WalletSettings


def main(arguments: list[str]) -> None:
    settings = WalletSettings()
    match arguments:
        case []:
            run(create_wallet(settings), settings, service=SERVICE)
        case ["migrate"]:
            migrate(settings.database_url, *MIGRATIONS)
        case [command, *_] if command in COMMANDS:
            done = run_command(arguments, service=SERVICE, database_url=settings.database_url)
            sys.stdout.write(asyncio.run(done) + "\n")
        case _:
            raise SystemExit(f"usage: python -m wallet [{' | '.join(('migrate', *COMMANDS))}]")


if __name__ == "__main__":
    main(sys.argv[1:])
