"""What a student has ordered so far."""

from collections.abc import Sequence
from uuid import UUID

from eventing import Connection
from ordering.domain import Order
from ordering.eligibility import Past
from ordering.store import orders, questions


async def of_student(conn: Connection, student_ref: UUID) -> Past:
    """The newest order first."""
    return await of_orders(conn, await orders.of_student(conn, student_ref))


async def of_orders(conn: Connection, placed: Sequence[Order]) -> Past:
    """`placed`: all of one student, the newest first."""
    standing = [order.order_id for order in placed if order.card.stands]
    asked = await questions.open_of(conn, standing) if standing else {}
    return Past(
        orders=tuple(placed),
        being_revoked=frozenset(order_id for order_id, open_ in asked.items() if "revoke" in open_),
    )
