"""Cancel an order. Once answered it holds: a card made at the same moment is revoked by the issuer."""

from uuid import UUID

from eventing import UnitOfWork
from ordering.domain import Order
from ordering.use_cases._commands import lock_own_order, note, record_cancellation


async def cancel_order(work: UnitOfWork, student_ref: UUID, order_id: UUID) -> Order:
    """Cancelling twice is cancelling once."""
    order = await lock_own_order(work, student_ref, order_id)
    if order.end == "CANCELLED":
        return order
    await note(work, order, str(student_ref), "order_cancelled")
    return await record_cancellation(work, order, "student")
