"""The audit of a service is whole: each line holds the hash of the one before it, and nothing is missing.

Whoever can write to the database could write the whole chain anew. So keep the heads that are told here in
another place: a chain that is whole and still has the line of an old head has not been changed before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from eventing import Connection

# A line has the time when its transaction began, by the clock of a replica, and the number of when it ended.
TOLERANCE = timedelta(minutes=10)

_HEAD = re.compile(r"([\w-]+):(\d+):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Head:
    """A line of one institution's chain, as somebody has seen it."""

    institution_id: str
    number: int
    hash: bytes

    @classmethod
    def read(cls, text: str) -> "Head":
        found = _HEAD.fullmatch(text)
        if found is None:
            raise ValueError(f"{text} is no head: give one as it was told, institution:number:hash")
        return cls(found[1], int(found[2]), bytes.fromhex(found[3]))

    def __str__(self) -> str:
        return f"{self.institution_id}:{self.number}:{self.hash.hex()}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong, a sentence each, and the heads as they are now."""

    faults: list[str]
    heads: list[Head]


async def verify_audit(connection: Connection, kept: Sequence[Head] = ()) -> Verdict:
    """Reads every line as of one moment. `kept` are earlier heads, from where nobody could change them."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        # Lines are hashed with their times in UTC.
        await connection.execute("set local timezone to 'UTC'")
        faults = [*await _broken(connection), *await _cut_off(connection)]
        faults += [fault for head in kept if (fault := await _changed(connection, head))]
        rows = await connection.fetch("select * from audit_chains order by institution_id")
    return Verdict(faults, [Head(**row) for row in rows])


async def _broken(connection: Connection) -> list[str]:
    rows = await connection.fetch(
        """
        with trail as (
            select institution_id, number, hash, line, (line ->> 'at')::timestamptz as at from audit_trail
        ), lines as (
            select institution_id, number, lag(number, 1, 0::bigint) over chain as before,
                hash = audit_hash(lag(hash, 1, ''::bytea) over chain, line) as holds,
                at < max(at) over (chain rows unbounded preceding) - $1::interval as late
            from trail window chain as (partition by institution_id order by number)
        )
        select * from lines where number is null or number <> before + 1 or not holds or late
        order by institution_id, number
        """,
        TOLERANCE,
    )
    return [_fault(row) for row in rows]


def _fault(row: asyncpg.Record) -> str:
    institution, number, before = row["institution_id"], row["number"], row["before"]
    if number is None:
        return f"{institution}: a line stands outside the chain"
    if not row["holds"] and number == before + 1:
        return f"{institution}: line {number} was changed, or put there"
    if number == before + 1:
        return f"{institution}: line {number} tells of a time before those before it"
    missing = f"line {number - 1} is" if number == before + 2 else f"lines {before + 1} to {number - 1} are"
    return f"{institution}: {missing} missing"


async def _cut_off(connection: Connection) -> list[str]:
    """A chain must end where its last line was noted."""
    rows = await connection.fetch(
        """
        select institution_id, coalesce(c.number, 0) as noted, coalesce(max(t.number), 0) as last
        from audit_chains c full join audit_trail t using (institution_id)
        group by institution_id, c.number having coalesce(max(t.number), 0) <> coalesce(c.number, 0)
        order by institution_id
        """
    )
    return [
        f"{row['institution_id']}: it ends with line {row['last']} and should end with line {row['noted']}"
        for row in rows
    ]


async def _changed(connection: Connection, head: Head) -> str | None:
    query = "select hash from audit_trail where institution_id = $1 and number = $2"
    if await connection.fetchval(query, head.institution_id, head.number) == head.hash:
        return None
    return f"{head.institution_id}: line {head.number} is not the one that was told then"
