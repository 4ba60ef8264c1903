"""An audit that was tampered with is found out, by whoever has the services' own rights in the database."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from eventing import Connection
from servicekit.audit import TOLERANCE, Head, verify_audit
from tests.conftest import MakeDatabase
from tests.databases import Database

TABLES = {"ordering": "audit_lines", "issuer": "card_audit"}
of_each = pytest.mark.parametrize("audit", TABLES, indirect=True)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Audit:
    """Lines as a service writes them, and hands that should not be there."""

    def __init__(self, service: str, database: Database) -> None:
        self.service = service
        self.table = TABLES[service]
        self.pool = database.pool

    async def add(self, action: str, institution: str = "umcs", at: datetime = NOON) -> None:
        async with self.pool.acquire() as connection, connection.transaction():
            await self._insert(connection, action, institution, at)

    async def _insert(
        self, connection: Connection, action: str, institution: str, at: datetime = NOON
    ) -> None:
        actor, value = ("actor_ref", "somebody") if self.service == "ordering" else ("by", "office")
        await connection.execute(
            f"insert into {self.table} (institution_id, at, {actor}, action, order_id) "
            "values ($1, $2, $3, $4, $5)",
            institution,
            at,
            value,
            action,
            uuid4(),
        )

    async def tamper(self, statement: str) -> None:
        """As somebody would who has taken the triggers away first."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(f"alter table {self.table} disable trigger user")
            await connection.execute(statement.format(table=self.table))
            await connection.execute(f"alter table {self.table} enable trigger user")

    async def faults(self, *heads: Head, zone: str = "UTC") -> list[str]:
        async with self.pool.acquire() as connection:
            await connection.execute(f"set timezone to '{zone}'")
            return (await verify_audit(connection, heads)).faults

    async def head(self, institution: str = "umcs") -> Head:
        async with self.pool.acquire() as connection:
            heads = (await verify_audit(connection)).heads
        return next(head for head in heads if head.institution_id == institution)


@pytest.fixture
async def audit(request: pytest.FixtureRequest, database: MakeDatabase) -> Audit:
    service = getattr(request, "param", "issuer")
    kept = Audit(service, await database(service))
    for number in range(1, 6):
        await kept.add(f"act_{number}")
        await kept.add(f"act_{number}", "pwr")
    return kept


@of_each
async def test_what_nobody_touched_is_whole(audit: Audit) -> None:
    assert await audit.faults() == []
    assert (await audit.head()).number == 5


async def test_the_zone_of_whoever_looks_does_not_matter(audit: Audit) -> None:
    assert await audit.faults(zone="Asia/Tokyo") == []


@of_each
@pytest.mark.parametrize(
    "statement", ["update {table} set action = 'nothing'", "delete from {table}", "truncate {table}"]
)
async def test_a_service_itself_can_change_no_line(audit: Audit, statement: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="only ever added"):
        await audit.pool.execute(statement.format(table=audit.table))

    assert await audit.faults() == []


@pytest.mark.parametrize(
    "change", ["action = 'act_9'", "at = at + interval '1 microsecond'", "order_id = gen_random_uuid()"]
)
async def test_a_line_that_was_changed_is_found(audit: Audit, change: str) -> None:
    await audit.tamper(f"update {{table}} set {change} where institution_id = 'umcs' and number = 3")

    assert await audit.faults() == ["umcs: line 3 was changed, or put there"]


@of_each
async def test_a_line_that_was_put_there_is_found(audit: Audit) -> None:
    await audit.pool.execute(f"alter table {audit.table} disable trigger chain")
    await audit.add("never_done")

    assert await audit.faults() == ["umcs: a line stands outside the chain"]


@of_each
async def test_what_comes_later_does_not_take_it_into_the_chain(audit: Audit) -> None:
    await audit.pool.execute(f"alter table {audit.table} disable trigger chain")
    await audit.add("never_done")
    await audit.pool.execute(f"alter table {audit.table} enable trigger chain")
    await audit.add("act_6")

    assert await audit.faults() == ["umcs: a line stands outside the chain"]
    assert (await audit.head()).number == 6


@of_each
async def test_a_line_that_tells_of_a_time_long_before_those_before_it_is_found(audit: Audit) -> None:
    await audit.add("a_little_late", at=NOON - TOLERANCE)
    await audit.add("dated_back", at=NOON - timedelta(days=30))

    assert await audit.faults() == ["umcs: line 7 tells of a time before those before it"]


async def test_lines_that_are_missing_are_named(audit: Audit) -> None:
    await audit.tamper("delete from {table} where institution_id = 'umcs' and number in (2, 3)")
    await audit.tamper("delete from {table} where institution_id = 'pwr' and number = 4")

    assert await audit.faults() == ["pwr: line 4 is missing", "umcs: lines 2 to 3 are missing"]


async def test_an_end_that_was_cut_off_is_found(audit: Audit) -> None:
    await audit.tamper("delete from {table} where institution_id = 'umcs' and number > 3")

    assert await audit.faults() == ["umcs: it ends with line 3 and should end with line 5"]


async def test_a_chain_that_is_gone_as_a_whole_is_found(audit: Audit) -> None:
    await audit.tamper("delete from {table} where institution_id = 'umcs'")

    assert await audit.faults() == ["umcs: it ends with line 0 and should end with line 5"]


async def test_a_chain_that_was_written_anew_is_found_by_a_head_that_was_kept(audit: Audit) -> None:
    kept = await audit.head()
    await audit.tamper("delete from {table} where institution_id = 'umcs' and number > 3")
    await audit.pool.execute(
        f"update audit_chains c set number = 3, hash = (select hash from {audit.table} "
        "where institution_id = 'umcs' and number = 3) where c.institution_id = 'umcs'"
    )
    for number in (4, 5):
        await audit.add(f"other_{number}")

    assert await audit.faults() == []
    assert await audit.faults(kept) == ["umcs: line 5 is not the one that was told then"]


async def test_a_head_that_was_kept_holds_while_lines_are_added(audit: Audit) -> None:
    kept = await audit.head()
    await audit.add("act_6")

    assert await audit.faults(Head.read(str(kept))) == []


async def test_many_who_write_at_once_make_one_chain(audit: Audit) -> None:
    await asyncio.gather(*(audit.add(f"at_once_{number}") for number in range(40)))

    assert await audit.faults() == []
    assert (await audit.head()).number == 45


async def test_a_transaction_that_goes_on_keeps_nobody_waiting(audit: Audit) -> None:
    async with audit.pool.acquire() as connection, connection.transaction():
        await audit._insert(connection, "first", "umcs")
        await audit._insert(connection, "second", "pwr")
        await audit.add("meanwhile")

    assert await audit.faults() == []
    assert (await audit.head()).number == 7


async def test_what_was_rolled_back_leaves_no_gap(audit: Audit) -> None:
    async with audit.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await audit._insert(connection, "never", "umcs")
        await transaction.rollback()
    await audit.add("act_6")

    assert await audit.faults() == []
    assert (await audit.head()).number == 6


@pytest.mark.parametrize("text", ["", "umcs", "umcs:five:00", "umcs:5:" + "0" * 63, "umcs:5:" + "Z" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="give one as it was told"):
        Head.read(text)
