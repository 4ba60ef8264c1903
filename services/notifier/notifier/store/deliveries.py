"""Deliveries: rows that senders lease, work off outside any transaction, and report with the same lease."""

from datetime import datetime
from uuid import UUID

import asyncpg

from eventing import Connection
from notifier.domain import Letter, QuietHours, Result, State


async def lease_letter(conn: Connection, *, now: datetime, lease: UUID, until: datetime) -> Letter | None:
    """Take the most urgent mail that nobody holds and whose recipient is known."""
    row = await conn.fetchrow(
        """
        with taken as (
            select d.alert_id, d.channel
            from deliveries d join alerts a on a.id = d.alert_id join orders o on o.id = a.order_id
            where d.state = 'pending' and d.channel = 'email' and d.due_at <= $1
                and (d.leased_until is null or d.leased_until <= $1) and o.contact_sealed is not null
            order by d.due_at limit 1 for update of d skip locked
        ), leased as (
            update deliveries d set lease = $2, leased_until = $3, attempts = attempts + 1
            from taken t where (d.alert_id, d.channel) = (t.alert_id, t.channel)
            returning d.alert_id, d.attempts
        )
        select l.alert_id, l.attempts, a.order_id, a.institution_id, a.kind, a.parameters, a.occurred_at,
            o.locale, o.contact_sealed, r.quiet_from, r.quiet_until,
            a.generation is not null and (o.moved_on or a.generation < o.generation) as outdated
        from leased l join alerts a on a.id = l.alert_id join orders o on o.id = a.order_id
            left join recipients r on (r.institution_id, r.student_ref) = (o.institution_id, o.student_ref)
        """,
        now,
        lease,
        until,
    )
    return _letter(row, lease) if row else None


def _letter(row: asyncpg.Record, lease: UUID) -> Letter:
    quiet = QuietHours(row["quiet_from"], row["quiet_until"]) if row["quiet_from"] is not None else None
    return Letter(
        alert_id=row["alert_id"],
        order_id=row["order_id"],
        institution_id=row["institution_id"],
        kind=row["kind"],
        parameters=row["parameters"],
        occurred_at=row["occurred_at"],
        attempt=row["attempts"],
        lease=lease,
        locale=row["locale"],
        contact_sealed=row["contact_sealed"],
        quiet_hours=quiet,
        outdated=row["outdated"],
    )


async def end_delivery(
    conn: Connection, letter: Letter, state: State, reason: Result | None, now: datetime
) -> bool:
    """False when the lease was lost meanwhile: then another sender reports."""
    row = await conn.fetchrow(
        """
        update deliveries set state = $3, reason = $4, ended_at = $5, lease = null, leased_until = null
        where alert_id = $1 and channel = 'email' and lease = $2 and state = 'pending' returning alert_id
        """,
        letter.alert_id,
        letter.lease,
        state,
        reason,
        now,
    )
    return row is not None


async def put_back(
    conn: Connection, letter: Letter, due_at: datetime, reason: Result | None, *, attempts: int
) -> bool:
    """Leave it for later, counted as tried so often. False when the lease was lost meanwhile."""
    row = await conn.fetchrow(
        """
        update deliveries set due_at = $3, reason = $4, attempts = $5, lease = null, leased_until = null
        where alert_id = $1 and channel = 'email' and lease = $2 and state = 'pending' returning alert_id
        """,
        letter.alert_id,
        letter.lease,
        due_at,
        reason,
        attempts,
    )
    return row is not None
