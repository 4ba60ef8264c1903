"""Add to timelines what changes nothing about their orders."""

from collections.abc import Sequence

from contracts.base import StreamEvent
from eventing import Received, UnitOfWork
from ordering import store
from ordering.timeline import entry_of
from ordering.use_cases._facts import refuse_orphans


async def record_told(work: UnitOfWork, received: Sequence[Received[StreamEvent]]) -> None:
    """One event of each order. Erased orders are passed over."""
    events = {one.event.order_id: one.event for one in received}
    counted = await store.orders.count_entries(work.connection, list(events))
    await refuse_orphans(work, events, counted)
    await store.timeline.add(
        work.connection,
        [entry_of(events[order_id], number, state) for order_id, (number, state) in counted.items()],
    )
