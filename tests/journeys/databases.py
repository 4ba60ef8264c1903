"""What stands in the databases of a stack, for tests that look for what must not stand there."""

import asyncpg

from devstack.stack import Stack
from tests.leaks import Place


async def fetch(stack: Stack, service: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(stack.databases[service])
    rows = await connection.fetch(statement)
    await connection.close()
    return list(rows)


async def tables_of(stack: Stack, service: str) -> list[Place]:
    """Every value of every table of a service, one after the other."""
    names = await fetch(stack, service, "select tablename from pg_tables where schemaname = 'public'")
    return [Place(name, _content(await fetch(stack, service, f"table {name}"))) for (name,) in names]


def _content(rows: list[asyncpg.Record]) -> bytes:
    return b"\n".join(_as_bytes(value) for row in rows for value in row)


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
