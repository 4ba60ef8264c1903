"""Reminders: one row per order with an open offer, until it is due or the order moves on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventing import Connection


@dataclass(frozen=True, slots=True)
class Reminder:
    """When to remind of the end of one generation of an offer; `cause` is the event that opened it."""

    order_id: UUID
    generation: int
    cause: UUID
    due_at: datetime
    expires_at: datetime


async def schedule(conn: Connection, reminders: Sequence[Reminder]) -> None:
    """For locked orders. An order that has moved on gets none; a newer generation replaces an older one."""
    await conn.execute(
        """
        insert into reminders as r (order_id, generation, cause, due_at, expires_at)
        select n.* from unnest($1::uuid[], $2::int[], $3::uuid[], $4::timestamptz[], $5::timestamptz[])
            as n (order_id, generation, cause, due_at, expires_at)
        join orders o on o.id = n.order_id where not o.moved_on and o.erased_at is null
        on conflict (order_id) do update set generation = excluded.generation, cause = excluded.cause,
            due_at = excluded.due_at, expires_at = excluded.expires_at
        where r.generation < excluded.generation
        """,
        [reminder.order_id for reminder in reminders],
        [reminder.generation for reminder in reminders],
        [reminder.cause for reminder in reminders],
        [reminder.due_at for reminder in reminders],
        [reminder.expires_at for reminder in reminders],
    )


async def cancel(conn: Connection, generations: dict[UUID, int]) -> None:
    """Drop the reminders of these orders up to a generation."""
    await conn.execute(
        """
        delete from reminders r using unnest($1::uuid[], $2::int[]) as w (order_id, generation)
        where r.order_id = w.order_id and r.generation <= w.generation
        """,
        list(generations),
        list(generations.values()),
    )


async def take_due(conn: Connection, now: datetime, limit: int) -> list[tuple[Reminder, str]]:
    """Lock the orders of due reminders, by id, and take the reminders away, with the orders' institutions."""
    rows = await conn.fetch(
        """
        with due as (
            select o.id from reminders r join orders o on o.id = r.order_id
            where r.due_at <= $1 order by o.id limit $2 for update of o skip locked
        ), taken as (
            delete from reminders r using due where r.order_id = due.id and r.due_at <= $1
            returning r.order_id, r.generation, r.cause, r.due_at, r.expires_at
        )
        select t.*, o.institution_id from taken t join orders o on o.id = t.order_id order by t.order_id
        """,
        now,
        limit,
    )
    return [
        (
            Reminder(row["order_id"], row["generation"], row["cause"], row["due_at"], row["expires_at"]),
            row["institution_id"],
        )
        for row in rows
    ]
