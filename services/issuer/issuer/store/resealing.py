"""Values that are sealed under this service's own keys, for the day when a key changes."""

from collections.abc import Sequence
from uuid import UUID

from eventing import Connection
from servicekit.resealing import SealedRow


async def data_keys(conn: Connection, after: UUID, key_id: str, limit: int) -> list[SealedRow]:
    """Of cards beyond this order that are not under this key; locked."""
    rows = await conn.fetch(
        """
        select h.order_id as id, c.institution_id, h.data_key_sealed as sealed
        from holders h join credentials c using (order_id)
        where h.order_id > $1 and split_part(h.data_key_sealed, '.', 1) <> $2
        order by h.order_id limit $3 for update of h
        """,
        after,
        key_id,
        limit,
    )
    return [SealedRow(**row) for row in rows]


async def save_data_keys(conn: Connection, order_ids: Sequence[UUID], sealed: Sequence[str]) -> None:
    await conn.execute(
        """
        update holders h set data_key_sealed = n.sealed
        from unnest($1::uuid[], $2::text[]) as n (order_id, sealed) where h.order_id = n.order_id
        """,
        order_ids,
        sealed,
    )
