"""Cards as told by the issuer: key, state and holds."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.issuer import CardExtended, CardIssued, CardReinstated, CardSuspended, CardUpdated
from eventing import Connection, Received
from wallet.domain import Card


async def insert_issued_cards(conn: Connection, issued: Sequence[CardIssued]) -> None:
    """Add key and validity; an end or a hold that came before the card stays."""
    await conn.execute(
        """
        insert into cards as c (order_id, institution_id, credential_id, holder_jwk, device_label,
                                valid_until, ended)
        select i.*, case when exists (select from replacements r where r.credential_id = i.credential_id)
                         then 'replaced' end
        from unnest($1::uuid[], $2::text[], $3::uuid[], $4::jsonb[], $5::text[], $6::timestamptz[])
            as i (order_id, institution_id, credential_id, holder_jwk, device_label, valid_until)
        where not exists (select from erased_orders e where e.order_id = i.order_id)
        on conflict (order_id) do update
        set credential_id = excluded.credential_id, holder_jwk = excluded.holder_jwk,
            device_label = excluded.device_label, valid_until = excluded.valid_until,
            ended = coalesce(c.ended, excluded.ended)
        """,
        [event.order_id for event in issued],
        [event.institution_id for event in issued],
        [event.credential_id for event in issued],
        [event.holder_jwk for event in issued],
        [event.device_label for event in issued],
        [event.valid_until for event in issued],
    )


async def replace_cards(conn: Connection, credential_ids: Sequence[UUID]) -> None:
    """Move cards to replaced, also those that have not been told yet, and drop their packs."""
    await conn.execute(
        """
        insert into replacements (credential_id)
        select r.credential_id from unnest($1::uuid[]) as r (credential_id)
        where not exists (select from erased_orders e where e.credential_id = r.credential_id)
        on conflict do nothing
        """,
        sorted(credential_ids),
    )
    await conn.fetch(
        "select from cards where credential_id = any($1::uuid[]) order by order_id for update", credential_ids
    )
    await conn.execute(
        """
        update cards set ended = 'replaced'
        where credential_id = any($1::uuid[]) and ended is null
        """,
        credential_ids,
    )
    await conn.execute(
        "update presentations set pack = null where credential_id = any($1::uuid[])", credential_ids
    )


async def end_cards(
    conn: Connection, order_ids: Sequence[UUID], institution_ids: Sequence[str], ended: str
) -> None:
    """End cards for good, told or not, and drop their packs. The first end stays."""
    await conn.execute(
        """
        insert into cards as c (order_id, institution_id, ended)
        select r.order_id, r.institution_id, $3
        from unnest($1::uuid[], $2::text[]) as r (order_id, institution_id)
        where not exists (select from erased_orders e where e.order_id = r.order_id)
        on conflict (order_id) do update set ended = coalesce(c.ended, excluded.ended)
        """,
        order_ids,
        institution_ids,
        ended,
    )
    await conn.execute(
        """
        update presentations p set pack = null
        from cards c where c.credential_id = p.credential_id and c.order_id = any($1::uuid[])
        """,
        order_ids,
    )


async def set_holds(
    conn: Connection, changes: Sequence[Received[CardSuspended] | Received[CardReinstated]]
) -> None:
    """Let the holds of an event stand, unless those of a later event do already."""
    await conn.execute(
        """
        insert into cards as c (order_id, institution_id, holds, holds_number)
        select h.order_id, h.institution_id, string_to_array(h.holds, ','), h.number
        from unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
            as h (order_id, institution_id, holds, number)
        where not exists (select from erased_orders e where e.order_id = h.order_id)
        on conflict (order_id) do update set holds = excluded.holds, holds_number = excluded.holds_number
        where c.holds_number < excluded.holds_number
        """,
        [change.event.order_id for change in changes],
        [change.event.institution_id for change in changes],
        [",".join(change.event.holds) for change in changes],
        [change.number for change in changes],
    )


async def extend_cards(conn: Connection, extended: Sequence[CardExtended]) -> None:
    await conn.execute(
        """
        update cards c set valid_until = e.valid_until
        from unnest($1::uuid[], $2::timestamptz[]) as e (order_id, valid_until)
        where c.order_id = e.order_id
        """,
        [event.order_id for event in extended],
        [event.valid_until for event in extended],
    )


async def update_cards(conn: Connection, updated: Sequence[CardUpdated]) -> None:
    await conn.execute(
        """
        update cards c set revision = u.revision
        from (select order_id, max(revision) as revision
              from unnest($1::uuid[], $2::integer[]) as told (order_id, revision) group by order_id) u
        where c.order_id = u.order_id
        """,
        [event.order_id for event in updated],
        [event.revision for event in updated],
    )


async def load_card(conn: Connection, credential_id: UUID) -> Card | None:
    row = await conn.fetchrow(
        """
        select c.credential_id, c.institution_id, c.holder_jwk, c.valid_until, c.holds, c.revision,
               case when exists (select from replacements r where r.credential_id = c.credential_id)
                    then coalesce(c.ended, 'replaced') else c.ended end as ended
        from cards c where c.credential_id = $1
        """,
        credential_id,
    )
    return card_of(row) if row else None


async def lock_card(conn: Connection, credential_id: UUID) -> Card | None:
    """The card, unchanged until the transaction ends."""
    row = await conn.fetchrow(
        """
        select c.credential_id, c.institution_id, c.holder_jwk, c.valid_until, c.holds, c.revision,
               case when exists (select from replacements r where r.credential_id = c.credential_id)
                    then coalesce(c.ended, 'replaced') else c.ended end as ended
        from cards c where c.credential_id = $1 for update of c
        """,
        credential_id,
    )
    return card_of(row) if row else None


def card_of(row: asyncpg.Record) -> Card:
    return Card(
        credential_id=row["credential_id"],
        institution_id=row["institution_id"],
        holder_jwk=row["holder_jwk"],
        valid_until=row["valid_until"],
        ended=row["ended"],
        holds=frozenset(row["holds"]),
        revision=row["revision"],
    )


async def forget_ended_keys(conn: Connection, now: datetime) -> None:
    await conn.execute(
        """
        update cards set holder_jwk = null
        where ended is not null and valid_until <= $1 and holder_jwk is not null
        """,
        now,
    )
