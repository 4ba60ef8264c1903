"""`python -m ordering` serves; with a command it does one thing and ends."""

import argparse
import asyncio
import sys
from pathlib import Path
from uuid import UUID

from ordering.app import SERVICE, create_ordering
from ordering.commands import add_clerk, erase
from ordering.importing import import_list
from ordering.recovery import recovery
from ordering.settings import OrderingSettings
from servicekit.commands import SHARED, run_shared_command


def main(arguments: list[str]) -> None:
    settings = OrderingSettings()
    shared = run_shared_command(
        arguments, service=SERVICE, settings=settings, create=create_ordering, recovery=recovery
    )
    if not shared:
        raise SystemExit(asyncio.run(_run_own_command(arguments, settings)))


async def _run_own_command(arguments: list[str], settings: OrderingSettings) -> int:
    """What ordering alone can do; the exit status."""
    options = _parser().parse_args(arguments)
    match options.command:
        case "import":
            return await import_list(settings, options.institution, options.list, options.photos)
        case "add-clerk":
            await add_clerk(settings, options.institution, options.subject)
        case "erase":
            await erase(settings, options.student_ref)
    return 0


def _parser() -> argparse.ArgumentParser:
    others = f"Also: {', '.join(SHARED)}. Without a command it serves."
    parser = argparse.ArgumentParser(prog="python -m ordering", epilog=others)
    commands = parser.add_subparsers(dest="command", required=True)
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
    main(sys.argv[1:])
