"""Values that are sealed under this service's own keys, for the day when a key changes."""

from collections.abc import Sequence
from uuid import UUID

from eventing import Connection
from servicekit.resealing import SealedRow


async def contacts(conn: Connection, after: UUID, key_id: str, limit: int) -> list[SealedRow]:
    """Of orders beyond this one that are not under this key; locked."""
    rows = await conn.fetch(
        """
        select id, institution_id, contact_sealed as sealed from orders
        where id > $1 and split_part(contact_sealed, '.', 1) <> $2
        order by id limit $3 for no key update
        """,
        after,
        key_id,
        limit,
    )
    return [SealedRow(**row) for row in rows]


async def save_contacts(conn: Connection, order_ids: Sequence[UUID], sealed: Sequence[str]) -> None:
    await conn.execute(
        """
        update orders o set contact_sealed = n.sealed
        from unnest($1::uuid[], $2::text[]) as n (id, sealed) where o.id = n.id
        """,
        order_ids,
        sealed,
    )


async def subscriptions(conn: Connection, after: UUID, key_id: str, limit: int) -> list[SealedRow]:
    """Of browsers beyond this one that are not under this key; locked."""
    rows = await conn.fetch(
        """
        select id, institution_id, sealed from push_subscriptions
        where id > $1 and split_part(sealed, '.', 1) <> $2
        order by id limit $3 for no key update
        """,
        after,
        key_id,
        limit,
    )
    return [SealedRow(**row) for row in rows]


async def save_subscriptions(conn: Connection, ids: Sequence[UUID], sealed: Sequence[str]) -> None:
    await conn.execute(
        """
        update push_subscriptions s set sealed = n.sealed
        from unnest($1::uuid[], $2::text[]) as n (id, sealed) where s.id = n.id
        """,
        ids,
        sealed,
    )
