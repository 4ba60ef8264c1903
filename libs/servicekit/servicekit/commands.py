"""What every service can be told on its command line: serve, migrate, settle dead letters, ask for events."""

import asyncio
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Sequence
from typing import TypeVar

import asyncpg
from fastapi import FastAPI
from pydantic_core import to_jsonable_python

from eventing import Recovery
from eventing.commands import COMMANDS, add_commands, run_command
from servicekit.app import run
from servicekit.audit import Head, verify_audit
from servicekit.database import migrate, migrations_of, prepare_connection
from servicekit.institutions import InstitutionsError
from servicekit.logs import tell_crashes
from servicekit.settings import ServiceSettings

S = TypeVar("S", bound=ServiceSettings)

SHARED = ("migrate", *COMMANDS)


def parse_command(
    service: str,
    arguments: Sequence[str],
    add_own: Callable[[Callable[..., ArgumentParser]], None] = lambda _add: None,
) -> Namespace:
    """What is asked for, before any setting is read: help, and being told of a mistake, need none."""
    parser = ArgumentParser(prog=f"python -m {service}", description="Serves, unless a command is given.")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="command")
    commands.add_parser("migrate", help="bring the database to what this version needs")
    add_commands(commands.add_parser)
    add_own(commands.add_parser)
    return parser.parse_args(arguments)


def run_shared_command(
    options: Namespace,
    *,
    service: str,
    settings: S,
    create: Callable[[S], FastAPI],
    recovery: Callable[[S], Recovery] = lambda _settings: Recovery(),
) -> bool:
    """Without a command the service serves until it is told to end. False when the command is not shared.

    How this process tells its crashes is decided here, for commands that are not shared, too.
    """
    tell_crashes()
    match options.command:
        case None:
            run(_created(create, settings), settings, service=service)
        case "migrate":
            migrate(settings.database_url, *migrations_of(service))
        case command if command in COMMANDS:
            done = _carry_out(options, service, settings, lambda: recovery(settings))
            sys.stdout.write(asyncio.run(done) + "\n")
        case _:
            return False
    return True


def _created(create: Callable[[S], FastAPI], settings: S) -> FastAPI:
    try:
        return create(settings)
    except InstitutionsError as error:
        raise SystemExit(f"These files of institutions must be mended:\n{error}") from None


def add_audit_command(add: Callable[..., ArgumentParser]) -> None:
    """For services that keep an audit."""
    command = add("verify-audit", help="find lines of the audit that were changed, removed or put there")
    command.add_argument(
        "--head",
        action="append",
        default=[],
        type=_head,
        help="a head that was told before, from a safe place",
    )


def _head(text: str) -> Head:
    try:
        return Head.read(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


async def check_audit(settings: ServiceSettings, heads: Sequence[Head]) -> int:
    """The exit status: 1 if anything is wrong."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        verdict = await verify_audit(connection, heads)
    finally:
        await connection.close()
    told = [f"WRONG  {fault}" for fault in verdict.faults] or [
        "the audit is whole; keep its heads elsewhere:"
    ]
    sys.stdout.write("\n".join([*told, *map(str, verdict.heads)]) + "\n")
    return 1 if verdict.faults else 0


def write_json(value: object) -> None:
    """What a command was asked for, for whoever called it, and for no log."""
    sys.stdout.write(json.dumps(to_jsonable_python(value), ensure_ascii=False, indent=1) + "\n")


def tell_resealed(**counts: int) -> None:
    """How many values of each kind an old key had sealed."""
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    sys.stdout.write(f"sealed again under the current key: {told}\n")


async def _carry_out(
    options: Namespace, service: str, settings: ServiceSettings, recovery: Callable[[], Recovery]
) -> str:
    """Without the time limits of a service: a restored database is written through."""
    url = settings.database_url
    async with asyncpg.create_pool(url, min_size=1, max_size=2, init=prepare_connection) as pool:
        return await run_command(
            options, service=service, pool=pool, settings=settings.kafka, recovery=recovery
        )
