"""The stack that a section measures, and what its parts use of the machine."""

import os
import platform
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
import psutil

from devstack.broker import is_apache_kafka
from devstack.measuring import processor_seconds_of
from devstack.ports import free_ports
from devstack.settings import SERVICES, Places
from devstack.stack import Stack
from eventing import Connection

REPOSITORY = Path(__file__).resolve().parents[1]
NOTHING_IS_SENT = {"MAIL_SENDERS": "0", "PUSH_SENDERS": "0"}
WHEN_COMMITTED = {"track_commit_timestamp": "on"}


@contextmanager
def new_stack(
    name: str,
    settings: Mapping[str, str] | None = None,
    postgres_settings: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """A stack of its own with nothing but the demo's people, durable; it goes with all that it wrote."""
    data = REPOSITORY / ".data"
    data.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix=f"{name}-", dir=data) as folder,
        Stack(
            Places(REPOSITORY, Path(folder)),
            free_ports(),
            settings=settings,
            postgres_settings=postgres_settings,
        ) as stack,
    ):
        yield stack


def superuser_url(stack: Stack, database: str = "postgres") -> str:
    assert stack.postgres is not None
    return stack.postgres.url(database)


def parts(stack: Stack) -> dict[str, int]:
    """The process of each part that an order passes."""
    assert stack.postgres is not None
    running = {name: stack.running[name].pid for name in (*SERVICES, "broker")}
    return running | {"PostgreSQL": stack.postgres.process.pid}


def processor_seconds(stack: Stack) -> dict[str, float]:
    return {name: processor_seconds_of([pid]) for name, pid in parts(stack).items()}


def used_since(stack: Stack, before: Mapping[str, float]) -> dict[str, float]:
    return {name: seconds - before[name] for name, seconds in processor_seconds(stack).items()}


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[Connection]:
    """A connection of its own, which ends with the block."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def database_sizes(stack: Stack) -> dict[str, int]:
    async with connected(superuser_url(stack)) as connection:
        rows = await connection.fetch(
            "select s, pg_database_size(s) as size from unnest($1::text[]) s", SERVICES
        )
    return {row["s"]: row["size"] for row in rows}


async def tidy(stack: Stack) -> None:
    """What autovacuum would do in its time, now: not while something else is measured."""
    for database in stack.databases:
        async with connected(superuser_url(stack, database)) as connection:
            await connection.execute("vacuum analyze")


def broker_name() -> str:
    return "Apache Kafka" if is_apache_kafka() else "embedded"


def machine() -> str:
    memory = psutil.virtual_memory().total / 1e9
    return f"{os.cpu_count()} cores, {memory:.0f} GB, {_processor()}, Python {platform.python_version()}"


def _processor() -> str:
    with Path("/proc/cpuinfo").open() as lines:
        named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
        return next(named, platform.machine())


def commit() -> str:
    asked = ["git", "describe", "--always", "--dirty", "--abbrev=10"]
    answered = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    return answered.stdout.strip() or "unknown"
