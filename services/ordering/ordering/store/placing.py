"""A new order is one statement: row, consents, first line of the timeline, what the issuer is asked."""

from collections.abc import Sequence
from uuid import UUID

from contracts.catalogue import partition_of
from eventing import Connection
from ordering.domain import Order
from ordering.store.consents import Consent
from ordering.store.questions import FIRST_REMINDER
from ordering.timeline import Entry

_PLACE = """
    with placed as (
        insert into orders (order_id, institution_id, student_ref, placed_at, lane, channel, locale,
            replaces, photo_sha256, idempotency_key, request_digest, state, generation, last_entry)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
    ), told as (
        insert into timeline_entries (order_id, number, event_id, kind, occurred_at, state, details)
        values ($1, $14, $15, $16, $4, $12, $17)
    ), asked as (
        insert into open_questions (order_id, question, lane, asked_at, remind_at)
        values ($1, 'offer', $5, $4, $18)
    )
    insert into consents
        (consent_id, institution_id, student_ref, order_id, given_at, kind, version, locale)
    select c.consent_id, $2, $3, $1, $4, c.kind, c.version, $7
    from unnest($19::uuid[], $20::text[], $21::text[]) as c(consent_id, kind, version)
"""


async def add(
    conn: Connection,
    order: Order,
    first_line: Entry,
    consents: Sequence[Consent],
    consent_ids: Sequence[UUID],
    *,
    idempotency_key: str,
    request_digest: bytes,
) -> None:
    """Under the lock of the student's row."""
    await conn.execute(
        _PLACE,
        order.order_id,
        order.institution_id,
        order.student_ref,
        order.placed_at,
        partition_of(str(order.order_id)),
        order.channel,
        order.locale,
        order.replaces,
        order.photo_sha256,
        idempotency_key,
        request_digest,
        order.state,
        order.generation,
        order.last_entry,
        first_line.event_id,
        first_line.kind,
        first_line.details,
        order.placed_at + FIRST_REMINDER,
        consent_ids,
        [consent.kind for consent in consents],
        [consent.version for consent in consents],
    )
