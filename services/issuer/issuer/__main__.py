"""`python -m issuer` serves; `python -m issuer migrate` brings the database up to date first."""

import sys

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
        case _:
            raise SystemExit("usage: python -m issuer [migrate]")


if __name__ == "__main__":
    main(sys.argv[1:])
