"""Orders as the notifier knows them, and the contacts of the students behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.ordering import Locale
from eventing import Connection
from notifier.domain import Recipient


@dataclass(frozen=True, slots=True)
class KnownContact:
    """How to reach the student of an order; `number` is that of the event that told it."""

    order_id: UUID
    institution_id: str
    student_ref: UUID | None
    locale: Locale
    contact_sealed: str
    number: int


async def lock_orders(conn: Connection, orders: dict[UUID, str]) -> None:
    """Make rows for orders (id to institution) that are met for the first time, and lock them all, by id."""
    ids = sorted(orders)
    await conn.execute(
        """
        insert into orders (id, institution_id) select * from unnest($1::uuid[], $2::text[])
        on conflict (id) do nothing
        """,
        ids,
        [orders[order_id] for order_id in ids],
    )
    await conn.execute("select from orders where id = any($1) order by id for update", ids)


async def save_contacts(conn: Connection, contacts: Sequence[KnownContact]) -> None:
    """Keep the contact with the highest number of each order, lock its row, and revive no erased one."""
    by_id = sorted(contacts, key=lambda contact: contact.order_id)
    await conn.execute(
        """
        insert into orders as o (id, institution_id, student_ref, locale, contact_sealed, contact_number)
        select * from unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::bigint[])
        on conflict (id) do update set
            student_ref = coalesce(excluded.student_ref, o.student_ref),
            locale = case when excluded.contact_number > o.contact_number
                then excluded.locale else o.locale end,
            contact_sealed = case when excluded.contact_number > o.contact_number
                then excluded.contact_sealed else o.contact_sealed end,
            contact_number = greatest(excluded.contact_number, o.contact_number)
        where o.erased_at is null
        """,
        [contact.order_id for contact in by_id],
        [contact.institution_id for contact in by_id],
        [contact.student_ref for contact in by_id],
        [contact.locale for contact in by_id],
        [contact.contact_sealed for contact in by_id],
        [contact.number for contact in by_id],
    )


async def note_generations(conn: Connection, generations: dict[UUID, int]) -> None:
    """Keep the newest generation of each locked order that was told."""
    await conn.execute(
        """
        update orders o set generation = t.generation
        from unnest($1::uuid[], $2::int[]) as t (id, generation)
        where o.id = t.id and o.generation < t.generation and o.erased_at is null
        """,
        list(generations),
        list(generations.values()),
    )


async def note_stops(conn: Connection, numbers: dict[UUID, int]) -> None:
    """Keep the number of the newest event that took the card of each locked order out of use."""
    await conn.execute(
        """
        update orders o set stopped_number = s.number
        from unnest($1::uuid[], $2::bigint[]) as s (id, number)
        where o.id = s.id and o.stopped_number < s.number and o.erased_at is null
        """,
        list(numbers),
        list(numbers.values()),
    )


async def stopped_since(conn: Connection, numbers: dict[UUID, int]) -> set[UUID]:
    """Which of these locked orders have a card that a later event took out of use."""
    rows = await conn.fetch(
        """
        select o.id from orders o join unnest($1::uuid[], $2::bigint[]) as n (id, number) using (id)
        where o.stopped_number > n.number
        """,
        list(numbers),
        list(numbers.values()),
    )
    return {row["id"] for row in rows}


async def mark_moved_on(conn: Connection, order_ids: Sequence[UUID]) -> None:
    """From now on there is nothing to remind of; the rows must be locked."""
    await conn.execute("update orders set moved_on = true where id = any($1)", order_ids)
    await conn.execute("delete from reminders where order_id = any($1)", order_ids)


async def erase_orders(conn: Connection, order_ids: Sequence[UUID], now: datetime) -> None:
    """Delete all that is known of locked orders but their ids, and inboxes that are left without an order."""
    await conn.execute("delete from reminders where order_id = any($1)", order_ids)
    await conn.execute("delete from alerts where order_id = any($1)", order_ids)
    # The lock comes first and alone: of two erasures at once, the later one sees what the earlier one left.
    await conn.execute(
        """
        select from recipients r where (r.institution_id, r.student_ref) in (
            select o.institution_id, o.student_ref from orders o where o.id = any($1)
        )
        order by r.institution_id, r.student_ref for update
        """,
        order_ids,
    )
    await conn.execute(
        """
        with students as (
            select distinct institution_id, student_ref from orders
            where id = any($1) and student_ref is not null
        ), erased as (
            update orders set student_ref = null, locale = null, contact_sealed = null, erased_at = $2
            where id = any($1)
        )
        delete from recipients r using students s
        where (r.institution_id, r.student_ref) = (s.institution_id, s.student_ref) and not exists (
            select from orders o
            where (o.institution_id, o.student_ref) = (s.institution_id, s.student_ref) and o.id <> all($1)
        )
        """,
        order_ids,
        now,
    )


async def lock_one_of(conn: Connection, recipient: Recipient) -> bool:
    """Keep an order of this student from being erased meanwhile. False when there is none."""
    row = await conn.fetchrow(
        "select from orders where institution_id = $1 and student_ref = $2 order by id limit 1 for share",
        recipient.institution_id,
        recipient.student_ref,
    )
    return row is not None
