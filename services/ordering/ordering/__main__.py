"""`python -m ordering` serves; with a command it does one thing and ends."""

import argparse
import asyncio
from uuid import UUID

from ordering.app import MIGRATIONS, SERVICE, create_ordering
from ordering.commands import add_clerk, erase
from ordering.settings import OrderingSettings
from servicekit.app import run
from servicekit.database import migrate


def main() -> None:
    arguments = _parser().parse_args()
    settings = OrderingSettings()
    match arguments.command:
        case "migrate":
            migrate(settings.database_url, *MIGRATIONS)
        case "add-clerk":
            asyncio.run(add_clerk(settings, arguments.institution, arguments.subject))
        case "erase":
            asyncio.run(erase(settings, arguments.student_ref))
        case _:
            run(create_ordering(settings), settings, service=SERVICE)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ordering", description="Serve, or do one thing and end.")
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("migrate", help="bring the database up to date")
    clerk = commands.add_parser("add-clerk", help="let a person act for the dean's office")
    clerk.add_argument("institution")
    clerk.add_argument("subject", help="the `sub` of this person at the identity provider")
    erasure = commands.add_parser("erase", help="erase a student, here and everywhere")
    erasure.add_argument("student_ref", type=UUID)
    return parser


if __name__ == "__main__":
    main()
