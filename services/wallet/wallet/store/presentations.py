"""Sealed packs under their handles."""

from datetime import datetime
from uuid import UUID

from eventing import Connection
from wallet.domain import Card
from wallet.store.cards import card_of


async def owner_of_handle(conn: Connection, handle: bytes) -> UUID | None:
    owner: UUID | None = await conn.fetchval(
        "select credential_id from presentations where handle = $1", handle
    )
    return owner


async def save_presentation(
    conn: Connection, handle: bytes, credential_id: UUID, pack: bytes, proved_at: datetime
) -> bool:
    """Store a pack in the place of the card's former one. Repeating it is fine; an older one gives False."""
    saved = await conn.fetchval(
        """
        insert into presentations as p (handle, credential_id, pack, proved_at) values ($1, $2, $3, $4)
        on conflict (credential_id) do update
        set handle = excluded.handle, pack = excluded.pack, proved_at = excluded.proved_at
        where p.proved_at < excluded.proved_at
           or (p.proved_at, p.handle, p.pack) = (excluded.proved_at, excluded.handle, excluded.pack)
        returning true
        """,
        handle,
        credential_id,
        pack,
        proved_at,
    )
    return saved is True


async def delete_presentation(conn: Connection, handle: bytes, credential_id: UUID) -> None:
    await conn.execute(
        "delete from presentations where handle = $1 and credential_id = $2", handle, credential_id
    )


async def load_presentation(conn: Connection, handle: bytes) -> tuple[Card, bytes | None] | None:
    row = await conn.fetchrow(
        """
        select p.pack, c.credential_id, c.institution_id, c.holder_jwk, c.valid_until, c.holds, c.revision,
               case when exists (select from replacements r where r.credential_id = c.credential_id)
                    then coalesce(c.ended, 'replaced') else c.ended end as ended
        from presentations p join cards c on c.credential_id = p.credential_id
        where p.handle = $1
        """,
        handle,
    )
    return (card_of(row), row["pack"]) if row else None


async def delete_ended(conn: Connection, now: datetime, extendable_since: datetime) -> int:
    """Forget handles of ended cards at their natural end, of others once no extension can come."""
    deleted = await conn.fetch(
        """
        delete from presentations p using cards c
        where c.credential_id = p.credential_id
          and c.valid_until <= case when c.ended is null then $2 else $1::timestamptz end
        returning 1
        """,
        now,
        extendable_since,
    )
    return len(deleted)
