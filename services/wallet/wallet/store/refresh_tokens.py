"""Refresh tokens as digests: the newest of each activation, and the one before."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventing import Connection
from wallet.domain import Grant, Offer, Renewal


async def begin(conn: Connection, grant: Grant, digest: bytes) -> None:
    """The first token of an activation. Those of earlier claims on the order end: they have lapsed."""
    await conn.execute(
        "delete from refresh_tokens where order_id = $1 and activation_id <> $2",
        grant.offer.order_id,
        grant.activation_id,
    )
    await conn.execute(
        """
        insert into refresh_tokens
            (activation_id, order_id, generation, device_label, thumbprint, current_digest)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (activation_id) do update
        set current_digest = excluded.current_digest, previous_digest = null
        """,
        grant.activation_id,
        grant.offer.order_id,
        grant.offer.generation,
        grant.device_label,
        grant.jkt,
        digest,
    )


async def card_of(conn: Connection, activation_id: UUID) -> UUID | None:
    credential_id: UUID | None = await conn.fetchval(
        """
        select o.credential_id
        from refresh_tokens r join offers o on o.order_id = r.order_id and o.generation = r.generation
        where r.activation_id = $1
        """,
        activation_id,
    )
    return credential_id


async def lock_renewal(conn: Connection, activation_id: UUID) -> Renewal | None:
    """What a refresh token of this activation is worth, unchanged until the transaction ends."""
    row = await conn.fetchrow(
        """
        select r.activation_id, r.device_label, r.thumbprint, r.current_digest, r.previous_digest,
               o.offer_id, o.order_id, o.institution_id, o.credential_id, o.configuration_id, o.generation,
               o.expires_at, o.attempts, o.ended, o.claimed_until, o.claim_thumbprint
        from refresh_tokens r join offers o on o.order_id = r.order_id and o.generation = r.generation
        where r.activation_id = $1 for update of r
        """,
        activation_id,
    )
    if row is None:
        return None
    facts = dict(row)
    label, current, previous = (facts.pop(f) for f in ("device_label", "current_digest", "previous_digest"))
    grant_of, jkt = facts.pop("activation_id"), facts.pop("thumbprint")
    return Renewal(Grant(grant_of, Offer(**facts), label, jkt), current, previous)


async def rotate(conn: Connection, activation_id: UUID, used: bytes, successor: bytes) -> None:
    """The one that was used stays good until its successor is."""
    await conn.execute(
        "update refresh_tokens set previous_digest = $2, current_digest = $3 where activation_id = $1",
        activation_id,
        used,
        successor,
    )


async def end(conn: Connection, activation_id: UUID) -> None:
    await conn.execute("delete from refresh_tokens where activation_id = $1", activation_id)


async def end_of_orders(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await conn.execute("delete from refresh_tokens where order_id = any($1::uuid[])", order_ids)


async def end_of_cards(conn: Connection, credential_ids: Sequence[UUID]) -> None:
    await conn.execute(
        """
        delete from refresh_tokens r using cards c
        where c.order_id = r.order_id and c.credential_id = any($1::uuid[])
        """,
        credential_ids,
    )


async def forget(conn: Connection, ended_before: datetime) -> None:
    """Those of cards whose validity ended before this moment."""
    await conn.execute(
        "delete from refresh_tokens r using cards c where c.order_id = r.order_id and c.valid_until < $1",
        ended_before,
    )
