"""Forget the people behind orders: contacts, alerts, deliveries, and what was published or waits."""

from collections.abc import Sequence

from contracts.ordering import OrderErased
from eventing import UnitOfWork
from notifier.store import orders


async def erase_orders(work: UnitOfWork, erased: Sequence[OrderErased]) -> None:
    """What arrives of them later finds the tombstone and changes nothing."""
    institutions = {event.order_id: event.institution_id for event in erased}
    await orders.lock_orders(work.connection, institutions)
    await orders.erase_orders(work.connection, list(institutions), work.now)
    for order_id in institutions:
        work.erase(order_id)
