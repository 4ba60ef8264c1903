"""Timeline entries: appended under the lock of their order's row, read by number."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from eventing import Connection
from ordering.timeline import Entry


async def add(conn: Connection, entries: Sequence[Entry]) -> None:
    await conn.execute(
        """
        insert into timeline_entries (order_id, number, event_id, kind, occurred_at, state, details)
        select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[],
            $7::jsonb[])
        """,
        [entry.order_id for entry in entries],
        [entry.number for entry in entries],
        [entry.event_id for entry in entries],
        [entry.kind for entry in entries],
        [entry.occurred_at for entry in entries],
        [entry.state for entry in entries],
        [entry.details for entry in entries],
    )


async def already_told(conn: Connection, order_ids: Sequence[UUID], event_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these events have their entry. Only for events that can be met twice."""
    rows = await conn.fetch(
        "select event_id from timeline_entries where order_id = any($1) and event_id = any($2)",
        order_ids,
        event_ids,
    )
    return {row["event_id"] for row in rows}


async def of_order(conn: Connection, order_id: UUID, after: int = 0) -> list[Entry]:
    """`after` comes from the client: it may be larger than any number there is."""
    rows = await conn.fetch(
        "select * from timeline_entries where order_id = $1 and number > $2::bigint order by number",
        order_id,
        after,
    )
    return [_entry(row) for row in rows]


async def of_orders(conn: Connection, order_ids: Sequence[UUID]) -> list[Entry]:
    rows = await conn.fetch(
        "select * from timeline_entries where order_id = any($1) order by order_id, number", order_ids
    )
    return [_entry(row) for row in rows]


async def last_numbers(conn: Connection, order_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The number of the newest entry of each order, for whoever watches it."""
    rows = await conn.fetch("select order_id, last_entry from orders where order_id = any($1)", order_ids)
    return {row["order_id"]: row["last_entry"] for row in rows}


async def codes_asked(conn: Connection, order_id: UUID, since: datetime) -> list[datetime]:
    """When new codes were asked for, the newest last."""
    rows = await conn.fetch(
        """
        select occurred_at from timeline_entries
        where order_id = $1 and kind = 'activation_code_requested' and occurred_at > $2 order by number
        """,
        order_id,
        since,
    )
    return [row["occurred_at"] for row in rows]


async def median_wait(conn: Connection, since: datetime, now: datetime) -> timedelta | None:
    """From placing to ready, over the newest orders since then; what still waits counts as long as it has."""
    seconds: float | None = await conn.fetchval(
        """
        select percentile_cont(0.5) within group (
            order by greatest(extract(epoch from coalesce(ready.at, $2) - placed.placed_at), 0))
        from (
            select order_id, placed_at, state from orders
            where placed_at > $1 order by placed_at desc limit 500
        ) as placed
        left join lateral (
            select min(occurred_at) as at from timeline_entries t
            where t.order_id = placed.order_id and t.kind = 'credential_ready'
        ) as ready on true
        where ready.at is not null or placed.state = 'PLACED'
        """,
        since,
        now,
    )
    return None if seconds is None else timedelta(seconds=float(seconds))


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        order_id=row["order_id"],
        number=row["number"],
        event_id=row["event_id"],
        kind=row["kind"],
        occurred_at=row["occurred_at"],
        state=row["state"],
        details=row["details"],
    )
