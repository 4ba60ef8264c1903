"""However small a table was when a statement was planned: once it has grown, nothing reads all of it."""

import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from rich.console import Console

from bench.waiting_orders import place_orders
from devstack.accounts import those_who_may_order
from devstack.journey.story import walk
from devstack.journey.telling import Narrator
from devstack.ports import free_ports
from devstack.settings import SERVICES, Places
from devstack.stack import Stack
from tests.journeys.conftest import REPOSITORY
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)

ORDERS, LATER = 600, 50
GROWN = 300  # rows: what is as large has grown with the orders
# Whoever places orders here has looked for their students and photos by no key.
LOOKED_THROUGH_BY_US = {"students", "photos"}
READ_WHOLE = """
    select relname, seq_scan from pg_stat_user_tables
    where seq_scan > 0 and greatest(n_tup_ins, n_live_tup) >= $1 and relname <> all($2)
"""


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(Places(REPOSITORY, tmp_path), free_ports(), durable=False) as running:
        yield running


async def test_no_statement_reads_a_whole_table_that_has_grown(stack: Stack) -> None:
    await begin_with_empty_tables(stack)

    await place_orders(stack.places, stack.databases["ordering"], ORDERS)
    await eventually(lambda: everybody_was_told(stack, ORDERS), 60)
    await walk_some(stack)

    assert await read_by_service(stack) == {service: {} for service in SERVICES}


async def test_nor_does_one_that_was_planned_when_it_had_grown(stack: Stack) -> None:
    await place_orders(stack.places, stack.databases["ordering"], ORDERS)
    await eventually(lambda: everybody_was_told(stack, ORDERS), 60)
    await end_connections(stack)  # and with them their plans
    await begin_with_fresh_statistics(stack)

    await place_orders(stack.places, stack.databases["ordering"], LATER)
    await eventually(lambda: everybody_was_told(stack, LATER), 60)
    await walk_some(stack)

    assert await read_by_service(stack) == {service: {} for service in SERVICES}


async def walk_some(stack: Stack) -> None:
    for account in those_who_may_order()[:3]:
        unseen = Narrator(Console(file=io.StringIO()))
        await walk(stack.addresses, account.subject, account.email, unseen)


async def read_by_service(stack: Stack) -> dict[str, dict[str, int]]:
    await end_connections(stack)
    return {service: await read_whole(stack, service) for service in SERVICES}


async def begin_with_empty_tables(stack: Stack) -> None:
    """So say the statistics from now on, whatever comes; what was read before does not count."""
    for service in SERVICES:
        async with superuser(stack, service) as database:
            await database.execute("analyze")
            await database.execute("select pg_stat_reset()")  # making an index has read its table, too


async def begin_with_fresh_statistics(stack: Stack) -> None:
    for service in SERVICES:
        async with superuser(stack, service) as database:
            await database.execute("select pg_stat_reset()")
            await database.execute("analyze")


async def everybody_was_told(stack: Stack, orders: int) -> bool:
    """As the counters tell it: to look at the tables would count as well."""
    async with superuser(stack, "notifier") as database:
        alerts = await database.fetchval("select n_tup_ins from pg_stat_user_tables where relname = 'alerts'")
        return int(alerts) >= 2 * orders


async def end_connections(stack: Stack) -> None:
    """What a connection has counted is there for all to read when it has ended."""
    async with superuser(stack, "postgres") as database:
        ended = await database.fetch(
            "select pid, pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = any($1)",
            SERVICES,
        )
        assert ended


async def read_whole(stack: Stack, service: str) -> dict[str, int]:
    async with superuser(stack, service) as database:
        rows = await database.fetch(READ_WHOLE, GROWN, LOOKED_THROUGH_BY_US)
        return {row["relname"]: row["seq_scan"] for row in rows}


@asynccontextmanager
async def superuser(stack: Stack, database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    assert stack.postgres is not None
    connection = await asyncpg.connect(stack.postgres.url(database))
    try:
        yield connection
    finally:
        await connection.close()
