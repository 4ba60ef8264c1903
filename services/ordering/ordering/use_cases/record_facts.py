"""Record what other services told about orders, a whole batch at once. Facts are never refused."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from contracts.base import StreamEvent
from eventing import Received, UnitOfWork
from ordering import store
from ordering.domain import Order
from ordering.use_cases._facts import not_yet_told, record, record_answers, refuse_orphans

E = TypeVar("E", bound=StreamEvent)


async def record_facts(
    work: UnitOfWork, received: Sequence[Received[E]], decide: Callable[[Order, E, int], Order]
) -> None:
    """`decide` gives the order as it is after the event with this number. Erased orders are passed over."""
    order_ids = [one.event.order_id for one in received]
    orders = await store.orders.lock(work.connection, order_ids)
    await refuse_orphans(work, order_ids, orders)
    changed = [
        (decide(orders[one.event.order_id], one.event, one.number), one.event)
        for one in await not_yet_told(work, received)
        if one.event.order_id in orders
    ]
    await record_answers(work, await record(work, changed), [event for _, event in changed])
