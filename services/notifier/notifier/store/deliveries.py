"""Deliveries: rows that senders lease, work off outside any transaction, and report with the same lease."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from eventing import Connection
from notifier.domain import Channel, Delivery, KeptSubscription, Kind, QuietHours, Result, State, is_urgent


async def plan_letters(conn: Connection, alerts: Mapping[UUID, Kind], due_at: datetime) -> None:
    """For alerts that were just raised; a letter waits until its recipient is known."""
    await conn.execute(
        """
        insert into deliveries (alert_id, channel, due_at, urgent)
        select id, 'email', $3, urgent from unnest($1::uuid[], $2::boolean[]) as a (id, urgent)
        """,
        list(alerts),
        [is_urgent(kind) for kind in alerts.values()],
        due_at,
    )


async def plan_pushes(conn: Connection, alert_ids: Sequence[UUID], due_at: datetime) -> int:
    """For alerts that have just come into an inbox: one push to each browser of their recipient. How many."""
    status = await conn.execute(
        """
        insert into deliveries (alert_id, channel, subscription_id, due_at)
        select a.id, 'push', s.id, $2
        from alerts a join push_subscriptions s using (institution_id, student_ref)
        where a.id = any($1) order by a.id, s.id
        on conflict do nothing
        """,
        alert_ids,
        due_at,
    )
    return int(status.rpartition(" ")[2])


async def lease_delivery(
    conn: Connection, channel: Channel, *, now: datetime, lease: UUID, until: datetime
) -> Delivery | None:
    """Take the most urgent delivery of a channel that nobody holds and whose recipient is known."""
    row = await conn.fetchrow(
        """
        with taken as (
            select d.id
            from deliveries d join alerts a on a.id = d.alert_id join orders o on o.id = a.order_id
            where d.state = 'pending' and d.channel = $4 and d.due_at <= $1
                and (d.leased_until is null or d.leased_until <= $1) and o.contact_sealed is not null
            order by d.urgent desc, d.due_at limit 1 for update of d skip locked
        ), leased as (
            update deliveries d set lease = $2, leased_until = $3, attempts = attempts + 1
            from taken t where d.id = t.id returning d.alert_id, d.attempts, d.subscription_id
        )
        select l.alert_id, l.attempts, a.order_id, a.institution_id, a.kind, a.parameters, a.occurred_at,
            o.locale, o.contact_sealed, r.quiet_from, r.quiet_until,
            s.id as subscription_id, s.sealed, s.key_id,
            a.generation is not null and (o.moved_on or a.generation < o.generation) as outdated,
            case $4 when 'push' then s.id is null or not r.by_push else not r.by_email end is true as unwanted
        from leased l join alerts a on a.id = l.alert_id join orders o on o.id = a.order_id
            left join recipients r on (r.institution_id, r.student_ref) = (o.institution_id, o.student_ref)
            left join push_subscriptions s on s.id = l.subscription_id
                and (s.institution_id, s.student_ref) = (o.institution_id, o.student_ref)
        """,
        now,
        lease,
        until,
        channel,
    )
    return _delivery(row, channel, lease) if row else None


def _delivery(row: asyncpg.Record, channel: Channel, lease: UUID) -> Delivery:
    return Delivery(
        channel=channel,
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
        subscription=_subscription(row),
        quiet_hours=_quiet_hours(row),
        outdated=row["outdated"],
        unwanted=row["unwanted"],
    )


def _subscription(row: asyncpg.Record) -> KeptSubscription | None:
    if row["subscription_id"] is None:
        return None
    return KeptSubscription(row["subscription_id"], row["sealed"], row["key_id"])


def _quiet_hours(row: asyncpg.Record) -> QuietHours | None:
    return QuietHours(row["quiet_from"], row["quiet_until"]) if row["quiet_from"] is not None else None


async def end_delivery(
    conn: Connection, delivery: Delivery, state: State, reason: Result | None, now: datetime
) -> bool:
    """False when the lease was lost meanwhile: then another sender reports."""
    row = await conn.fetchrow(
        """
        update deliveries set state = $4, reason = $5, ended_at = $6, lease = null, leased_until = null
        where alert_id = $1 and channel = $2 and lease = $3 and state = 'pending' returning alert_id
        """,
        delivery.alert_id,
        delivery.channel,
        delivery.lease,
        state,
        reason,
        now,
    )
    return row is not None


async def put_back(
    conn: Connection, delivery: Delivery, due_at: datetime, reason: Result | None, *, attempts: int
) -> bool:
    """Leave it for later, counted as tried so often. False when the lease was lost meanwhile."""
    row = await conn.fetchrow(
        """
        update deliveries set due_at = $4, reason = $5, attempts = $6, lease = null, leased_until = null
        where alert_id = $1 and channel = $2 and lease = $3 and state = 'pending' returning alert_id
        """,
        delivery.alert_id,
        delivery.channel,
        delivery.lease,
        due_at,
        reason,
        attempts,
    )
    return row is not None
