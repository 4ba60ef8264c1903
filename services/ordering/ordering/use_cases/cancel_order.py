"""Cancel an order. Once answered it holds: a card made at the same moment is revoked by the issuer."""

from uuid import UUID

from contracts.ordering import CancelReason, OrderCancelled
from eventing import UnitOfWork
from ordering.domain import Order, cancel
from ordering.use_cases.own import lock_own_order
from ordering.use_cases.record import record_command


async def cancel_order(
    work: UnitOfWork, student_ref: UUID, order_id: UUID, *, reason: CancelReason = "student"
) -> Order:
    """Cancelling twice is cancelling once."""
    order = await lock_own_order(work, student_ref, order_id)
    if order.end == "CANCELLED":
        return order
    return await record_cancellation(work, order, reason)


async def record_cancellation(work: UnitOfWork, order: Order, reason: CancelReason) -> Order:
    event = OrderCancelled(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=order.institution_id,
        order_id=order.order_id,
        reason=reason,
    )
    return await record_command(work, cancel(order), event, "withdrawal")
