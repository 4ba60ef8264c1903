"""Note that orders have moved on: nobody is to be reminded of their offers any more."""

from collections.abc import Sequence

from contracts.base import StreamEvent
from eventing import UnitOfWork
from notifier.store import orders


async def settle_orders(work: UnitOfWork, events: Sequence[StreamEvent]) -> None:
    """Holds for offers too that are announced later, from another topic."""
    institutions = {event.order_id: event.institution_id for event in events}
    await orders.lock_orders(work.connection, institutions)
    await orders.mark_moved_on(work.connection, list(institutions))
