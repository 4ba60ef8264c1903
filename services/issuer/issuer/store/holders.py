"""Sealed holder data and photos. One row per order; deleting it destroys the only key to what it held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from eventing import Connection


@dataclass(frozen=True, slots=True)
class SealedHolder:
    """A holder under a data key of its own, which is sealed itself."""

    order_id: UUID
    data_key_sealed: str
    holder_sealed: str
    photo_sealed: str | None = None


async def insert_holders(conn: Connection, holders: Sequence[SealedHolder]) -> None:
    await conn.execute(
        """
        insert into holders (order_id, data_key_sealed, holder_sealed)
        select * from unnest($1::uuid[], $2::text[], $3::text[])
        """,
        [holder.order_id for holder in holders],
        [holder.data_key_sealed for holder in holders],
        [holder.holder_sealed for holder in holders],
    )


async def load_holder(conn: Connection, order_id: UUID) -> SealedHolder | None:
    return (await load_holders(conn, [order_id])).get(order_id)


async def load_holders(conn: Connection, order_ids: Sequence[UUID]) -> dict[UUID, SealedHolder]:
    """By order; of those that were forgotten there is none."""
    rows = await conn.fetch("select * from holders where order_id = any($1::uuid[])", order_ids)
    return {row["order_id"]: SealedHolder(**row) for row in rows}


async def save_photo(conn: Connection, order_id: UUID, photo_sealed: str) -> None:
    await conn.execute("update holders set photo_sealed = $2 where order_id = $1", order_id, photo_sealed)


async def replace_holders(conn: Connection, holders: Sequence[SealedHolder]) -> None:
    """New data of the same persons; a photo that is null here is fetched anew when it is needed."""
    await conn.execute(
        """
        insert into holders (order_id, data_key_sealed, holder_sealed, photo_sealed)
        select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
        on conflict (order_id) do update
        set data_key_sealed = excluded.data_key_sealed, holder_sealed = excluded.holder_sealed,
            photo_sealed = excluded.photo_sealed
        """,
        [holder.order_id for holder in holders],
        [holder.data_key_sealed for holder in holders],
        [holder.holder_sealed for holder in holders],
        [holder.photo_sealed for holder in holders],
    )


async def delete_holders(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await conn.execute("delete from holders where order_id = any($1::uuid[])", order_ids)


async def delete_ended(conn: Connection, validity_ended_before: datetime, limit: int) -> int:
    """Of offers and cards that have ended, and of cards whose validity has. Busy ones wait their turn."""
    status = await conn.execute(
        """
        with ended as (
            select c.order_id from holders h join credentials c using (order_id)
            where c.state in ('rejected', 'withdrawn', 'revoked', 'replaced') or c.valid_until < $1
            order by c.order_id limit $2 for update of c skip locked
        )
        delete from holders h using ended e where h.order_id = e.order_id
        """,
        validity_ended_before,
        limit,
    )
    return int(status.rpartition(" ")[2])
