"""What a student can see, read at one moment: API and pages show the same."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventing import Connection
from ordering import store
from ordering.callers import Me, read_own_order
from ordering.domain import Order
from ordering.eligibility import Obstacle, Past, blocked_by, obstacles, too_many_orders
from ordering.parts import Parts
from ordering.store.consents import Consent
from ordering.timeline import Entry
from ordering.views import CardView, card_view
from servicekit.refusals import NotFound


async def order(parts: Parts, me: Me, order_id: UUID) -> tuple[Order, list[Entry]]:
    async with parts.works.pool.acquire() as connection:
        found = await read_own_order(connection, me, order_id)
        return found, await store.timeline.of_order(connection, order_id)


async def orders(parts: Parts, me: Me) -> list[Order]:
    """The newest first."""
    async with parts.works.pool.acquire() as connection:
        return await store.orders.of_student(connection, me.ref)


async def cards(parts: Parts, me: Me) -> list[CardView]:
    """The newest first; `requested` says what the issuer has still to answer."""
    async with parts.works.pool.acquire() as connection:
        placed = await store.orders.of_student(connection, me.ref)
        return await _cards_of(connection, placed, parts.works.clock())


async def timeline_and_cards(
    parts: Parts, order: Order, orders: Sequence[Order]
) -> tuple[list[Entry], list[CardView]]:
    """All that led to an order as it was read, and the cards of `orders`."""
    async with parts.works.pool.acquire() as connection:
        entries = await store.timeline.of_order(connection, order.order_id)
        cards = await _cards_of(connection, orders, parts.works.clock())
    return [entry for entry in entries if entry.number <= order.last_entry], cards


async def _cards_of(connection: Connection, orders: Sequence[Order], now: datetime) -> list[CardView]:
    issued = [order.order_id for order in orders if order.card.issued_at]
    asked = await store.questions.open_of(connection, issued) if issued else {}
    views = (card_view(order, asked.get(order.order_id, set()), now) for order in orders)
    return [view for view in views if view is not None]


async def past(parts: Parts, me: Me) -> Past:
    async with parts.works.pool.acquire() as connection:
        return await store.past.of_student(connection, me.ref)


def hindrances(parts: Parts, me: Me, past: Past) -> list[Obstacle]:
    """All that stands in the way of a first card: of the student, of other orders, of the day's limit."""
    now = parts.works.clock()
    others = blocked_by(past, now), too_many_orders(past, me.institution.limits.orders_per_day, now)
    found = obstacles(me.student, me.institution, now)
    return found + [Obstacle(other.code, other.title, other.detail) for other in others if other]


async def given_consents(parts: Parts, me: Me) -> dict[str, Consent]:
    """The newest of each kind that is not withdrawn."""
    async with parts.works.pool.acquire() as connection:
        consents = await store.consents.of_student(connection, me.ref)
    return {consent.kind: consent for consent in consents if consent.withdrawn_at is None}


async def photo(parts: Parts, me: Me) -> bytes:
    async with parts.works.pool.acquire() as connection:
        found = await store.students.photo(connection, me.institution.id, me.student.photo_sha256 or "")
    if found is None:
        raise NotFound
    return found
