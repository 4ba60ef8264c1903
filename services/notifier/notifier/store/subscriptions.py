"""Push subscriptions: one row per browser, owned by the student who turned it on last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventing import Connection
from notifier.domain import KeptSubscription, Recipient


@dataclass(frozen=True, slots=True)
class KnownSubscription:
    """What its student may read of it."""

    id: UUID
    key_id: str
    created_at: datetime


async def save(conn: Connection, recipient: Recipient, kept: KeptSubscription, now: datetime) -> datetime:
    """Since when the student has it; from now on nobody else has."""
    created_at: datetime = await conn.fetchval(
        """
        insert into push_subscriptions as s (id, institution_id, student_ref, sealed, key_id, created_at)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (id) do update set institution_id = excluded.institution_id,
            student_ref = excluded.student_ref, sealed = excluded.sealed, key_id = excluded.key_id,
            created_at = case when (s.institution_id, s.student_ref)
                = (excluded.institution_id, excluded.student_ref) then s.created_at
                else excluded.created_at end
        returning created_at
        """,
        kept.id,
        recipient.institution_id,
        recipient.student_ref,
        kept.sealed,
        kept.key_id,
        now,
    )
    return created_at


async def keep_newest(conn: Connection, recipient: Recipient, count: int) -> None:
    await conn.execute(
        """
        delete from push_subscriptions where id in (
            select id from push_subscriptions where institution_id = $1 and student_ref = $2
            order by created_at desc, id offset $3
        )
        """,
        recipient.institution_id,
        recipient.student_ref,
        count,
    )


async def of_student(conn: Connection, recipient: Recipient) -> Sequence[KnownSubscription]:
    rows = await conn.fetch(
        """
        select id, key_id, created_at from push_subscriptions
        where institution_id = $1 and student_ref = $2 order by created_at, id
        """,
        recipient.institution_id,
        recipient.student_ref,
    )
    return [KnownSubscription(**row) for row in rows]


async def delete(conn: Connection, recipient: Recipient, subscription_id: UUID) -> None:
    """Somebody else's stays."""
    await conn.execute(
        "delete from push_subscriptions where institution_id = $1 and student_ref = $2 and id = $3",
        recipient.institution_id,
        recipient.student_ref,
        subscription_id,
    )


async def forget(conn: Connection, subscription_id: UUID) -> None:
    await conn.execute("delete from push_subscriptions where id = $1", subscription_id)
