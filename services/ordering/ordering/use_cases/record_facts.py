"""Record what other services told about orders, a whole batch at once. Facts are never refused."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar
from uuid import UUID

from contracts.base import StreamEvent
from contracts.catalogue import passes_held_key
from eventing import Received, UnitOfWork
from ordering import store
from ordering.domain import Order
from ordering.timeline import Question, answered_by
from ordering.use_cases.record import record

E = TypeVar("E", bound=StreamEvent)


async def record_facts(
    work: UnitOfWork, received: Sequence[Received[E]], decide: Callable[[Order, E, int], Order]
) -> None:
    """`decide` gives the order as it is after the event with this number. Erased orders are passed over."""
    orders = await store.orders.lock(work.connection, [one.event.order_id for one in received])
    fresh = await not_yet_told(work, received)
    changed = [
        (decide(orders[one.event.order_id], one.event, one.number), one.event)
        for one in fresh
        if one.event.order_id in orders
    ]
    await record_answers(work, await record(work, changed), [event for _, event in changed])


async def not_yet_told(work: UnitOfWork, received: Sequence[Received[E]]) -> list[Received[E]]:
    """Without those that passed ahead once and are now met in their turn."""
    twice = [one.event for one in received if passes_held_key(one.event)]
    if not twice:
        return list(received)
    told = await store.timeline.already_told(
        work.connection, [event.order_id for event in twice], [event.event_id for event in twice]
    )
    return [one for one in received if one.event.event_id not in told]


async def record_answers(work: UnitOfWork, orders: Iterable[Order], events: Iterable[StreamEvent]) -> None:
    answered: list[tuple[UUID, Question]] = [
        (order.order_id, question)
        for order, event in zip(orders, events, strict=True)
        for question in answered_by(event, order)
    ]
    if answered:
        await store.questions.answer(work.connection, answered, work.now)
