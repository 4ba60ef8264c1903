"""`python -m notifier` serves; `python -m notifier migrate` brings the database up to date first."""

import sys

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
        case _:
            raise SystemExit("usage: python -m notifier [migrate]")


if __name__ == "__main__":
    main(sys.argv[1:])
