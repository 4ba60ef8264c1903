"""What is left when a student is erased: a tombstone per order."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventing import Connection


async def erase_orders(
    conn: Connection, institution_id: str, order_ids: Sequence[UUID], now: datetime
) -> set[str]:
    """Delete orders with their history, and leave tombstones. Answers the photos that the orders had."""
    await conn.execute(
        """
        insert into tombstones (order_id, institution_id, erased_at)
        select order_id, $1, $3 from unnest($2::uuid[]) as o(order_id) order by order_id
        """,
        institution_id,
        order_ids,
        now,
    )
    await conn.execute("delete from timeline_entries where order_id = any($1)", order_ids)
    await conn.execute("delete from open_questions where order_id = any($1)", order_ids)
    await conn.execute("delete from extension_cards where order_id = any($1)", order_ids)
    rows = await conn.fetch(
        "delete from orders where order_id = any($1) returning photo_sha256, former_photo_sha256", order_ids
    )
    return {photo for row in rows for photo in row if photo}


async def erased(conn: Connection, order_ids: Sequence[UUID]) -> set[UUID]:
    rows = await conn.fetch("select order_id from tombstones where order_id = any($1)", order_ids)
    return {row["order_id"] for row in rows}


async def confirm(conn: Connection, order_ids: Sequence[UUID], at: Sequence[datetime]) -> None:
    """The issuer has erased its part."""
    await conn.execute(
        """
        update tombstones t set confirmed_at = coalesce(t.confirmed_at, c.at)
        from unnest($1::uuid[], $2::timestamptz[]) as c(order_id, at) where t.order_id = c.order_id
        """,
        order_ids,
        at,
    )
