"""`python -m ordering` serves; with a command it does one thing and ends."""

import argparse
import asyncio
from pathlib import Path
from uuid import UUID

from ordering.app import MIGRATIONS, SERVICE, create_ordering
from ordering.commands import add_clerk, erase
from ordering.importing import import_list
from ordering.settings import OrderingSettings
from servicekit.app import run
from servicekit.database import migrate


def main() -> None:
    arguments = _parser().parse_args()
    settings = OrderingSettings()
    match arguments.command:
        case "migrate":
            migrate(settings.database_url, *MIGRATIONS)
        case "import":
            done = import_list(settings, arguments.institution, arguments.list, arguments.photos)
            raise SystemExit(asyncio.run(done))
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
    students = commands.add_parser(
        "import", help="take over a list of students; bad lines are told, good ones taken"
    )
    students.add_argument("list", type=Path, help="CSV with a header, UTF-8")
    students.add_argument("--photos", type=Path, help="folder with <student_number>.jpg")
    students.add_argument("--institution", required=True)
    clerk = commands.add_parser("add-clerk", help="let a person act for the dean's office")
    clerk.add_argument("institution")
    clerk.add_argument("subject", help="the `sub` of this person at the identity provider")
    erasure = commands.add_parser("erase", help="erase a student, here and everywhere")
    erasure.add_argument("student_ref", type=UUID)
    return parser


if __name__ == "__main__":
    main()
