"""`python -m ordering` serves; with a command it does one thing and ends."""

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from ordering.app import SERVICE, create_ordering
from ordering.clerk_commands import add_clerk_commands, run_clerk_command
from ordering.commands import erase, export, reseal_students
from ordering.extension_commands import add_extension_commands, run_extension_command
from ordering.importing import import_list
from ordering.recovery import recovery
from ordering.settings import OrderingSettings
from servicekit.commands import add_audit_command, check_audit, parse_command, run_shared_command
from servicekit.settings import load_settings


def main(arguments: list[str]) -> None:
    options = parse_command(SERVICE, arguments, _add_commands)
    settings = load_settings(OrderingSettings)
    shared = run_shared_command(
        options, service=SERVICE, settings=settings, create=create_ordering, recovery=recovery
    )
    if not shared:
        raise SystemExit(asyncio.run(_run_own_command(options, settings)))


async def _run_own_command(options: Namespace, settings: OrderingSettings) -> int:
    """What ordering alone can do; the exit status."""
    match options.command:
        case "import":
            return await import_list(settings, options.institution, options.list, options.photos)
        case "add-clerk" | "remove-clerk":
            await run_clerk_command(settings, options)
        case "erase":
            await erase(settings, options.student_ref)
        case "export":
            await export(settings, options.student_ref)
        case "reseal":
            await reseal_students(settings)
        case "extend-cards" | "extension":
            await run_extension_command(settings, options)
        case "verify-audit":
            return await check_audit(settings, options.head)
    return 0


def _add_commands(add: Callable[..., ArgumentParser]) -> None:
    students = add("import", help="take over a list of students; bad lines are told, good ones taken")
    students.add_argument("list", type=Path, help="CSV with a header, UTF-8")
    students.add_argument("--photos", type=Path, help="folder with <student_number>.jpg")
    students.add_argument("--institution", required=True)
    add_clerk_commands(add)
    erasure = add("erase", help="erase a student, here and everywhere")
    erasure.add_argument("student_ref", type=UUID)
    exported = add("export", help="write what is stored about a student here, as JSON")
    exported.add_argument("student_ref", type=UUID)
    add_extension_commands(add)
    add("reseal", help="seal what is kept of students under the current key")
    add_audit_command(add)


if __name__ == "__main__":
    main(sys.argv[1:])
