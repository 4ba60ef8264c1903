"""Alerts: how they are raised, how they come into an inbox, and how they are read there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from eventing import Connection
from notifier.domain import Alert, Kind, Notice, Recipient


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert that comes into an inbox as its next entry, once its student is known."""

    alert_id: UUID
    order_id: UUID
    institution_id: str
    kind: Kind
    recipient: Recipient | None
    entry: int | None = None


async def still_to_tell(conn: Connection, notices: Sequence[Notice]) -> list[tuple[Notice, Recipient | None]]:
    """What was not told before about these locked orders, with who is behind them, if that is known.

    Erased orders get none. Of an offer nothing is told once there is a newer one, or its order has moved on.
    """
    rows = await conn.fetch(
        """
        select n.place, o.institution_id, o.student_ref
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) with ordinality
            as n (order_id, cause, kind, generation, place)
        join orders o on o.id = n.order_id
        where o.erased_at is null
            and (n.generation is null or n.generation >= o.generation and not o.moved_on)
            and (select a.id from alerts a where a.cause = n.cause and a.kind = n.kind) is null
        order by n.place
        """,
        [notice.order_id for notice in notices],
        [notice.cause for notice in notices],
        [notice.kind for notice in notices],
        [notice.generation for notice in notices],
    )
    return [(notices[row["place"] - 1], _recipient(row)) for row in rows]


def _recipient(row: asyncpg.Record) -> Recipient | None:
    known = row["student_ref"] is not None
    return Recipient(row["institution_id"], row["student_ref"]) if known else None


async def insert_alerts(conn: Connection, alerts: Sequence[tuple[Arrival, Notice]]) -> None:
    await conn.execute(
        """
        insert into alerts (id, order_id, institution_id, student_ref, entry, cause, kind, parameters,
            generation, occurred_at)
        select * from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::bigint[], $6::uuid[],
            $7::text[], $8::jsonb[], $9::int[], $10::timestamptz[])
        """,
        *zip(*(_new_row(arrival, notice) for arrival, notice in alerts), strict=True),
    )


def _new_row(arrival: Arrival, notice: Notice) -> tuple[object, ...]:
    return (
        arrival.alert_id,
        notice.order_id,
        notice.institution_id,
        arrival.recipient and arrival.recipient.student_ref,
        arrival.entry,
        notice.cause,
        notice.kind,
        notice.parameters,
        notice.generation,
        notice.occurred_at,
    )


async def without_inbox(conn: Connection, order_ids: Sequence[UUID]) -> list[Arrival]:
    """Alerts of these locked orders that were raised before their student was known, if it is by now."""
    rows = await conn.fetch(
        """
        select a.id, a.order_id, a.kind, o.institution_id, o.student_ref
        from alerts a join orders o on o.id = a.order_id
        where a.order_id = any($1) and a.entry is null and o.student_ref is not null
        order by a.occurred_at, a.id
        """,
        order_ids,
    )
    return [
        Arrival(row["id"], row["order_id"], row["institution_id"], row["kind"], _recipient(row))
        for row in rows
    ]


async def bring_in(conn: Connection, arrivals: Sequence[Arrival]) -> None:
    """Write down the entries of alerts that had none."""
    await conn.execute(
        """
        update alerts a set student_ref = n.student_ref, entry = n.entry
        from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as n (id, student_ref, entry) where a.id = n.id
        """,
        [arrival.alert_id for arrival in arrivals],
        [arrival.recipient and arrival.recipient.student_ref for arrival in arrivals],
        [arrival.entry for arrival in arrivals],
    )


async def newest_alerts(conn: Connection, recipient: Recipient, *, before: int, limit: int) -> list[Alert]:
    rows = await conn.fetch(
        """
        select id, entry, kind, order_id, parameters, occurred_at, read_at from alerts
        where institution_id = $1 and student_ref = $2 and entry < $3 order by entry desc limit $4
        """,
        recipient.institution_id,
        recipient.student_ref,
        before,
        limit,
    )
    return [_alert(row) for row in rows]


async def alerts_after(conn: Connection, recipient: Recipient, entry: int, limit: int) -> list[Alert]:
    """In the order in which they came."""
    rows = await conn.fetch(
        """
        select id, entry, kind, order_id, parameters, occurred_at, read_at from alerts
        where institution_id = $1 and student_ref = $2 and entry > $3 order by entry limit $4
        """,
        recipient.institution_id,
        recipient.student_ref,
        entry,
        limit,
    )
    return [_alert(row) for row in rows]


def _alert(row: asyncpg.Record) -> Alert:
    return Alert(**row)


async def count_unread(conn: Connection, recipient: Recipient) -> int:
    count: int = await conn.fetchval(
        """
        select count(*) from alerts
        where institution_id = $1 and student_ref = $2 and entry is not null and read_at is null
        """,
        recipient.institution_id,
        recipient.student_ref,
    )
    return count


async def mark_read(conn: Connection, recipient: Recipient, alert_id: UUID, now: datetime) -> bool:
    """False when the recipient has no such alert. The first reading counts."""
    row = await conn.fetchrow(
        """
        update alerts set read_at = coalesce(read_at, $4)
        where id = $3 and institution_id = $1 and student_ref = $2 and entry is not null returning id
        """,
        recipient.institution_id,
        recipient.student_ref,
        alert_id,
        now,
    )
    return row is not None


async def mark_all_read(conn: Connection, recipient: Recipient, up_to: int, now: datetime) -> None:
    """Those that came later have not been seen yet."""
    await conn.execute(
        """
        update alerts set read_at = $4
        where institution_id = $1 and student_ref = $2 and entry <= $3 and read_at is null
        """,
        recipient.institution_id,
        recipient.student_ref,
        up_to,
        now,
    )
