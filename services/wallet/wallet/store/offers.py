"""Offers as served, their attempts and claims."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.base import DeviceLabel
from contracts.issuer import CredentialReady
from eventing import Connection
from wallet.domain import Attempt, Ended, Offer, Redemption


async def insert_offers(conn: Connection, ready: Sequence[CredentialReady]) -> None:
    """Write offers down once each. One that comes after its successor or its card is ended from the start.

    Only a restore of the issuer makes another offer of a generation: then that one counts.
    """
    await conn.execute(
        """
        insert into offers as o (order_id, generation, institution_id, credential_id, configuration_id,
                                 offer_id, code_digest, digest_key_id, expires_at, ended)
        select r.*, case
            when exists (select from offers o where o.order_id = r.order_id and o.generation > r.generation)
            then 'superseded'
            when exists (select from cards c where c.order_id = r.order_id
                         and (c.credential_id is not null or c.ended is not null))
            then 'issued' end
        from unnest($1::uuid[], $2::integer[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
                    $8::text[], $9::timestamptz[])
            as r (order_id, generation, institution_id, credential_id, configuration_id, offer_id,
                  code_digest, digest_key_id, expires_at)
        where not exists (select from erased_orders e where e.order_id = r.order_id)
        on conflict (order_id, generation) do update
        set credential_id = excluded.credential_id, offer_id = excluded.offer_id,
            code_digest = excluded.code_digest, digest_key_id = excluded.digest_key_id,
            expires_at = excluded.expires_at, attempts = 0, ended = excluded.ended, claimed_until = null,
            claim_thumbprint = null
        where o.offer_id <> excluded.offer_id
        """,
        [event.order_id for event in ready],
        [event.generation for event in ready],
        [event.institution_id for event in ready],
        [event.credential_id for event in ready],
        [event.configuration_id for event in ready],
        [event.offer_id for event in ready],
        [event.activation_code_digest for event in ready],
        [event.digest_key_id for event in ready],
        [event.expires_at for event in ready],
    )


async def end_offers(conn: Connection, order_ids: Sequence[UUID], up_to: Sequence[int], ended: Ended) -> None:
    """End what is open of each order up to a generation, that one included."""
    await conn.execute(
        """
        update offers o set ended = $3
        from unnest($1::uuid[], $2::integer[]) as e (order_id, generation)
        where o.order_id = e.order_id and o.generation <= e.generation and o.ended is null
        """,
        order_ids,
        up_to,
        ended,
    )


async def end_all_offers(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await conn.execute(
        "update offers set ended = 'issued' where order_id = any($1::uuid[]) and ended is null", order_ids
    )


async def load_offer(conn: Connection, offer_id: str) -> Offer | None:
    row = await conn.fetchrow(
        """
        select offer_id, order_id, institution_id, credential_id, configuration_id, generation, expires_at,
               attempts, ended, claimed_until, claim_thumbprint
        from offers where offer_id = $1
        """,
        offer_id,
    )
    return Offer(**row) if row else None


async def is_erased(conn: Connection, offer_id: str) -> bool:
    erased = await conn.fetchval(
        "select exists (select from erased_offers where digest = sha256(convert_to($1, 'UTF8')))", offer_id
    )
    return bool(erased)


async def take_attempt(conn: Connection, offer_id: str, jkt: str | None, now: datetime) -> Attempt | None:
    """Use up one attempt before anything is compared, or None when the offer allows this key no more."""
    row = await conn.fetchrow(
        """
        update offers set attempts = attempts + 1
        where offer_id = $1 and attempts < 5 and ended is null and expires_at > $2
          and (claimed_until is null or claimed_until <= $2 or claim_thumbprint = $3)
        returning offer_id, order_id, institution_id, credential_id, configuration_id, generation, expires_at,
                  attempts, ended, claimed_until, claim_thumbprint, code_digest, digest_key_id
        """,
        offer_id,
        now,
        jkt,
    )
    return _attempt(dict(row)) if row else None


def _attempt(row: dict[str, Any]) -> Attempt:
    digest, key_id = row.pop("code_digest"), row.pop("digest_key_id")
    return Attempt(Offer(**row), digest, key_id)


async def take_claim(
    conn: Connection, redemption: Redemption, activation_id: UUID, until: datetime, now: datetime
) -> int | None:
    """Give the attempt of a right code back and let its claim stand. Returns the attempts used up."""
    attempts: int | None = await conn.fetchval(
        """
        update offers
        set attempts = attempts - 1, activation_id = $2, claimed_until = $3, claim_thumbprint = $7,
            device_label = $4, terms_version = $5
        where offer_id = $1 and (claimed_until is null or claimed_until <= $6)
        returning attempts
        """,
        redemption.offer_id,
        activation_id,
        until,
        redemption.device_label,
        redemption.terms_version,
        now,
        redemption.jkt,
    )
    return attempts


async def repeat_claim(conn: Connection, offer_id: str) -> tuple[UUID, DeviceLabel]:
    """Give the attempt back; the claim of this locked offer stands as it was. Returns whose it is."""
    (row,) = await conn.fetch(
        "update offers set attempts = attempts - 1 where offer_id = $1 returning activation_id, device_label",
        offer_id,
    )
    return row["activation_id"], row["device_label"]
