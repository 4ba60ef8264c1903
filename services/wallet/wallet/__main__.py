"""`python -m wallet` serves; `python -m wallet migrate` brings the database up to date first."""

import sys

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
        case _:
            raise SystemExit("usage: python -m wallet [migrate]")


if __name__ == "__main__":
    main(sys.argv[1:])
