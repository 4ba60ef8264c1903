"""Deleting all that is known of an order."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventing import Connection


async def erase_orders(conn: Connection, order_ids: Sequence[UUID], now: datetime) -> None:
    """Leave nothing but tombstones: no late event brings anything back, and nobody waits for an offer."""
    await _leave_tombstones(conn, order_ids, now)
    await conn.execute(
        """
        delete from replacements r using erased_orders e
        where r.credential_id = e.credential_id and e.order_id = any($1::uuid[])
        """,
        order_ids,
    )
    await conn.execute("delete from cards where order_id = any($1::uuid[])", order_ids)
    await conn.execute("delete from offers where order_id = any($1::uuid[])", order_ids)
    await conn.execute("delete from refresh_tokens where order_id = any($1::uuid[])", order_ids)


async def _leave_tombstones(conn: Connection, order_ids: Sequence[UUID], now: datetime) -> None:
    await conn.execute(
        """
        insert into erased_orders (order_id, credential_id, erased_at)
        select e.order_id, coalesce(c.credential_id, o.credential_id), $2
        from unnest($1::uuid[]) as e (order_id)
        left join cards c on c.order_id = e.order_id
        left join (select distinct order_id, credential_id from offers where order_id = any($1::uuid[])) o
            on o.order_id = e.order_id
        on conflict (order_id) do nothing
        """,
        order_ids,
        now,
    )
    await conn.execute(
        """
        insert into erased_offers (digest)
        select sha256(convert_to(offer_id, 'UTF8')) from offers where order_id = any($1::uuid[])
        on conflict do nothing
        """,
        order_ids,
    )
