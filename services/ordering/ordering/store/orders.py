"""Orders with their cards. Rows are locked in the order of their ids, before anything else is written."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from contracts.ordering import Locale
from eventing import Connection
from ordering.domain import GRACE_AFTER_EXPIRY, Card, End, Order, State

_ENDS: dict[str, End] = {
    "ACTIVATED": "ACTIVATED",
    "REJECTED": "REJECTED",
    "CANCELLED": "CANCELLED",
    "EXPIRED": "EXPIRED",
}


async def lock(conn: Connection, order_ids: Sequence[UUID]) -> dict[UUID, Order]:
    """Orders that are not known, or not any more, are missing in the answer."""
    rows = await conn.fetch(
        "select * from orders where order_id = any($1) order by order_id for no key update", order_ids
    )
    return {row["order_id"]: _order(row) for row in rows}


async def count_entries(conn: Connection, order_ids: Sequence[UUID]) -> dict[UUID, tuple[int, State]]:
    """Lock orders for one more line of their timelines: its number, and the state they are in.

    Orders that are not known, or not any more, are missing in the answer.
    """
    rows = await conn.fetch(
        """
        with locked as (
            select order_id from orders where order_id = any($1) order by order_id for no key update
        )
        update orders o set last_entry = o.last_entry + 1 from locked where o.order_id = locked.order_id
        returning o.order_id, o.last_entry, o.state
        """,
        order_ids,
    )
    return {row["order_id"]: (row["last_entry"], row["state"]) for row in rows}


async def lock_with_replaced(
    conn: Connection, order_ids: Sequence[UUID], replaced: Sequence[UUID]
) -> dict[UUID, Order]:
    """The orders, and those whose cards are replaced."""
    rows = await conn.fetch(
        """
        select * from orders where order_id = any($1) or credential_id = any($2)
        order by order_id for no key update
        """,
        order_ids,
        replaced,
    )
    return {row["order_id"]: _order(row) for row in rows}


async def lock_of_student(conn: Connection, student_ref: UUID) -> list[Order]:
    rows = await conn.fetch(
        "select * from orders where student_ref = $1 order by order_id for no key update", student_ref
    )
    return [_order(row) for row in rows]


async def lock_to_expire(conn: Connection, now: datetime, limit: int) -> list[Order]:
    """Orders whose offer ended and that nobody else works on."""
    rows = await conn.fetch(
        """
        select * from orders
        where state in ('READY', 'LOCKED') and expires_at <= $1 and generation = offered
        order by order_id limit $2 for no key update skip locked
        """,
        now - GRACE_AFTER_EXPIRY,
        limit,
    )
    return [_order(row) for row in rows]


async def of_student(conn: Connection, student_ref: UUID) -> list[Order]:
    """The newest first."""
    rows = await conn.fetch(
        "select * from orders where student_ref = $1 order by placed_at desc, order_id desc", student_ref
    )
    return [_order(row) for row in rows]


async def one_of_student(conn: Connection, student_ref: UUID, order_id: UUID) -> Order | None:
    row = await conn.fetchrow(
        "select * from orders where order_id = $1 and student_ref = $2", order_id, student_ref
    )
    return _order(row) if row else None


async def owner(conn: Connection, order_id: UUID) -> UUID | None:
    owner: UUID | None = await conn.fetchval("select student_ref from orders where order_id = $1", order_id)
    return owner


async def of_card(conn: Connection, credential_id: UUID) -> tuple[UUID, UUID] | None:
    """Order and student of a card; none as long as there is only an offer of it."""
    row = await conn.fetchrow(
        """
        select order_id, student_ref from orders
        where credential_id = $1 and card_issued_at is not null
        """,
        credential_id,
    )
    return (row["order_id"], row["student_ref"]) if row else None


async def placed_by(
    conn: Connection, student_ref: UUID, idempotency_key: str
) -> tuple[list[Order], tuple[Order, bytes] | None]:
    """All of a student, the newest first; and that placed under this key, with its request's digest."""
    rows = await conn.fetch(
        "select * from orders where student_ref = $1 order by placed_at desc, order_id desc", student_ref
    )
    same = [row for row in rows if row["idempotency_key"] == idempotency_key]
    before = (_order(same[0]), same[0]["request_digest"]) if same else None
    return [_order(row) for row in rows], before


async def photo(conn: Connection, order_id: UUID, sha256: str) -> bytes | None:
    """A photo that goes into the card of this order, or went; no other photo of anybody."""
    jpeg: bytes | None = await conn.fetchval(
        """
        select p.jpeg from orders o join photos p on (p.institution_id, p.sha256) = (o.institution_id, $2)
        where o.order_id = $1 and $2 in (o.photo_sha256, o.former_photo_sha256)
        """,
        order_id,
        sha256,
    )
    return jpeg


async def save(conn: Connection, orders: Sequence[Order]) -> None:
    """Write what can change. The rows are locked by this transaction."""
    await conn.execute(
        """
        update orders o set state = n.state, generation = n.generation, offered = n.offered,
            credential_id = n.credential_id, offer_id = n.offer_id, code_sealed = n.code_sealed,
            expires_at = n.expires_at, attempts_of = n.attempts_of, attempts_left = n.attempts_left,
            last_entry = n.last_entry, card_issued_at = n.card_issued_at,
            card_valid_until = n.card_valid_until, card_device_label = n.card_device_label,
            card_holds_number = n.card_holds_number, card_end = n.card_end, card_ended_at = n.card_ended_at,
            card_holds = string_to_array(n.card_holds, ','), reasons = string_to_array(n.reasons, ',')
        from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::uuid[], $6::text[], $7::text[],
            $8::timestamptz[], $9::int[], $10::int[], $11::int[], $12::timestamptz[], $13::timestamptz[],
            $14::text[], $15::bigint[], $16::text[], $17::timestamptz[], $18::text[], $19::text[])
            as n(order_id, state, generation, offered, credential_id, offer_id, code_sealed, expires_at,
            attempts_of, attempts_left, last_entry, card_issued_at, card_valid_until, card_device_label,
            card_holds_number, card_end, card_ended_at, card_holds, reasons)
        where o.order_id = n.order_id
        """,
        *zip(*(_changeable(order) for order in orders), strict=True),
    )


async def change_photo(conn: Connection, order_ids: Sequence[UUID], sha256: str | None) -> list[str]:
    """Of orders that are locked. Answers the photos that were former ones until now."""
    rows = await conn.fetch(
        """
        update orders set former_photo_sha256 = photo_sha256, photo_sha256 = $2
        where order_id = any($1) and photo_sha256 is distinct from $2
        returning old.former_photo_sha256 as sha256
        """,
        order_ids,
        sha256,
    )
    return [row["sha256"] for row in rows if row["sha256"]]


async def choose_locale(conn: Connection, student_ref: UUID, locale: Locale) -> list[Order]:
    """Those that spoke another language so far, as they are now."""
    rows = await conn.fetch(
        "update orders set locale = $2 where student_ref = $1 and locale <> $2 returning *",
        student_ref,
        locale,
    )
    return [_order(row) for row in rows]


def _changeable(order: Order) -> tuple[object, ...]:
    card = order.card
    return (
        order.order_id,
        order.state,
        order.generation,
        order.offered,
        order.credential_id,
        order.offer_id,
        order.code_sealed,
        order.expires_at,
        order.attempts_of,
        order.attempts_left,
        order.last_entry,
        card.issued_at,
        card.valid_until,
        card.device_label,
        card.holds_number,
        card.end,
        card.ended_at,
        ",".join(card.holds),  # unnest would flatten an array of arrays
        ",".join(order.reasons),
    )


def _order(row: asyncpg.Record) -> Order:
    return Order(
        order_id=row["order_id"],
        institution_id=row["institution_id"],
        student_ref=row["student_ref"],
        placed_at=row["placed_at"],
        channel=row["channel"],
        locale=row["locale"],
        replaces=row["replaces"],
        photo_sha256=row["photo_sha256"],
        end=_ENDS.get(row["state"]),
        reasons=tuple(row["reasons"]),
        generation=row["generation"],
        offered=row["offered"],
        credential_id=row["credential_id"],
        offer_id=row["offer_id"],
        code_sealed=row["code_sealed"],
        expires_at=row["expires_at"],
        attempts_of=row["attempts_of"],
        attempts_left=row["attempts_left"],
        last_entry=row["last_entry"],
        card=_card(row),
    )


def _card(row: asyncpg.Record) -> Card:
    return Card(
        issued_at=row["card_issued_at"],
        valid_until=row["card_valid_until"],
        device_label=row["card_device_label"],
        holds=tuple(row["card_holds"]),
        holds_number=row["card_holds_number"],
        end=row["card_end"],
        ended_at=row["card_ended_at"],
    )
