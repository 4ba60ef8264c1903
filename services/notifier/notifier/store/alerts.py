"""Alerts: how they are raised, how they come into an inbox, and how they are read there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg

from eventing import Connection
from notifier.domain import Alert, Kind, Notice, Recipient, goes_by_mail, is_urgent


@dataclass(frozen=True, slots=True)
class Arrival:
    """An alert that has just come into an inbox."""

    alert_id: UUID
    order_id: UUID
    kind: Kind
    recipient: Recipient


async def insert_alerts(conn: Connection, alerts: Sequence[tuple[UUID, Notice]], due_at: datetime) -> None:
    """Raise what was not raised before, with the deliveries that belong to it.

    Erased orders get none. Of an offer nothing is told once there is a newer one, or its order has moved on.
    """
    await conn.execute(
        """
        with notices as (
            select * from unnest(
                $1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::timestamptz[], $7::int[],
                $8::bool[], $10::bool[]
            ) as n (id, order_id, cause, kind, parameters, occurred_at, generation, by_mail, urgent)
        ), raised as (
            insert into alerts
                (id, order_id, institution_id, cause, kind, parameters, generation, occurred_at)
            select n.id, o.id, o.institution_id, n.cause, n.kind, n.parameters, n.generation, n.occurred_at
            from notices n join orders o on o.id = n.order_id
            where o.erased_at is null
                and (n.generation is null or n.generation >= o.generation and not o.moved_on)
            on conflict (cause, kind) do nothing returning id
        )
        insert into deliveries (alert_id, channel, due_at, urgent)
        select id, 'email', $9, urgent from raised join notices using (id) where by_mail
        """,
        [alert_id for alert_id, _ in alerts],
        [notice.order_id for _, notice in alerts],
        [notice.cause for _, notice in alerts],
        [notice.kind for _, notice in alerts],
        [notice.parameters for _, notice in alerts],
        [notice.occurred_at for _, notice in alerts],
        [notice.generation for _, notice in alerts],
        [goes_by_mail(notice.kind) for _, notice in alerts],
        due_at,
        [is_urgent(notice.kind) for _, notice in alerts],
    )


async def deliver_to_inboxes(conn: Connection, order_ids: Sequence[UUID]) -> list[Arrival]:
    """Give each alert of these locked orders, once its student is known, the next entry of the inbox.

    Entries are given under the lock of the inbox's row, so a reader who has seen one has seen all before it.
    """
    rows = await conn.fetch(
        """
        with waiting as (
            select a.id, o.institution_id, o.student_ref,
                row_number() over inbox as place, count(*) over (partition by o.institution_id, o.student_ref)
            from alerts a join orders o on o.id = a.order_id
            where a.order_id = any($1) and a.entry is null and o.student_ref is not null
            window inbox as (partition by o.institution_id, o.student_ref order by a.occurred_at, a.id)
        ), inboxes as (
            insert into recipients as r (institution_id, student_ref, last_entry)
            select distinct institution_id, student_ref, count from waiting order by 1, 2
            on conflict (institution_id, student_ref) do update
                set last_entry = r.last_entry + excluded.last_entry
            returning institution_id, student_ref, last_entry
        )
        update alerts a set student_ref = w.student_ref, entry = i.last_entry - w.count + w.place
        from waiting w join inboxes i using (institution_id, student_ref) where a.id = w.id
        returning a.id, a.order_id, a.kind, a.institution_id, a.student_ref, a.entry
        """,
        order_ids,
    )
    return [
        Arrival(row["id"], row["order_id"], row["kind"], Recipient(row["institution_id"], row["student_ref"]))
        for row in sorted(rows, key=lambda row: int(row["entry"]))
    ]


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
