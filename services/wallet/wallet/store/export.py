"""Everything that stands in this database about orders, as rows; it knows no person."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventing import Connection

Rows = list[dict[str, Any]]


async def offers_of(conn: Connection, order_ids: Sequence[UUID]) -> Rows:
    """Without the offer's id and the digest of the code, which are secrets of a moment."""
    rows = await conn.fetch(
        """
        select order_id, generation, institution_id, credential_id, configuration_id, expires_at, attempts,
            ended, device_label, terms_version
        from offers where order_id = any($1) order by order_id, generation
        """,
        order_ids,
    )
    return [dict(row) for row in rows]


async def cards_of(conn: Connection, order_ids: Sequence[UUID]) -> Rows:
    """With the time at which a sealed pack was stored; what is in it only its holder can tell."""
    rows = await conn.fetch(
        """
        select c.order_id, c.credential_id, c.holder_jwk, c.device_label, c.valid_until, c.revision, c.ended,
            c.holds, p.proved_at as pack_stored_at, octet_length(p.pack) as pack_bytes,
            exists (select from refresh_tokens r where r.order_id = c.order_id) as renewable
        from cards c left join presentations p using (credential_id)
        where c.order_id = any($1) order by c.order_id
        """,
        order_ids,
    )
    return [dict(row) for row in rows]
