"""End orders whose offer ended unused, one hour after the wallet began to refuse it."""

from uuid import UUID

from contracts.ordering import OrderExpired
from eventing import UnitOfWork
from ordering import store
from ordering.domain import Order, expire
from ordering.use_cases._facts import record


async def expire_orders(work: UnitOfWork, limit: int = 500) -> list[UUID]:
    """Must stand still while the consumer is behind: the card may have been made long ago."""
    due = await store.orders.lock_to_expire(work.connection, work.now, limit)
    expired = [(expire(order, work.now), _order_expired(work, order)) for order in due]
    await record(work, expired)
    work.publish(*(event for _, event in expired))
    return [order.order_id for order in due]


def _order_expired(work: UnitOfWork, order: Order) -> OrderExpired:
    return OrderExpired(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=order.institution_id,
        order_id=order.order_id,
    )
