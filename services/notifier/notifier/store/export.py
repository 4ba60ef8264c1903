"""Everything that stands in this database about one student, as rows."""

from typing import Any

from eventing import Connection
from notifier.domain import Recipient

Rows = list[dict[str, Any]]


async def orders_of(conn: Connection, recipient: Recipient) -> Rows:
    rows = await conn.fetch(
        """
        select id, locale, contact_sealed, moved_on from orders
        where institution_id = $1 and student_ref = $2 order by id
        """,
        recipient.institution_id,
        recipient.student_ref,
    )
    return [dict(row) for row in rows]


async def alerts_of(conn: Connection, recipient: Recipient) -> Rows:
    """With the letters and pushes of each."""
    rows = await conn.fetch(
        """
        select a.id, a.order_id, a.kind, a.parameters, a.occurred_at, a.read_at, coalesce((
            select jsonb_agg(jsonb_build_object(
                'channel', d.channel, 'state', d.state, 'attempts', d.attempts, 'reason', d.reason,
                'ended_at', d.ended_at) order by d.id)
            from deliveries d where d.alert_id = a.id), '[]') as deliveries
        from alerts a join orders o on o.id = a.order_id
        where o.institution_id = $1 and o.student_ref = $2 order by a.occurred_at, a.id
        """,
        recipient.institution_id,
        recipient.student_ref,
    )
    return [dict(row) for row in rows]


async def subscriptions_of(conn: Connection, recipient: Recipient) -> Rows:
    rows = await conn.fetch(
        """
        select id, sealed, key_id, created_at from push_subscriptions
        where institution_id = $1 and student_ref = $2 order by created_at, id
        """,
        recipient.institution_id,
        recipient.student_ref,
    )
    return [dict(row) for row in rows]
