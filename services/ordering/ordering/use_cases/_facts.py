"""Writing down what became known about orders: shared by every use case that changes one."""

from collections.abc import Collection, Container, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar
from uuid import UUID

from contracts.base import StreamEvent
from contracts.catalogue import passes_held_key
from eventing import Orphan, Received, UnitOfWork
from ordering import store
from ordering.domain import Order
from ordering.timeline import Question, answered_by, entry_of

E = TypeVar("E", bound=StreamEvent)


async def record(work: UnitOfWork, happened: Sequence[tuple[Order, StreamEvent]]) -> list[Order]:
    """Save locked orders as they are after one event each, and add its entry to their timelines."""
    if not happened:
        return []
    counted = [(replace(order, last_entry=order.last_entry + 1), event) for order, event in happened]
    await store.orders.save(work.connection, [order for order, _ in counted])
    await store.timeline.add(
        work.connection, [entry_of(event, order.last_entry, order.state) for order, event in counted]
    )
    return [order for order, _ in counted]


async def not_yet_told(work: UnitOfWork, received: Sequence[Received[E]]) -> list[Received[E]]:
    """Without those that passed ahead once and are now met in their turn."""
    twice = [one.event for one in received if passes_held_key(one.event)]
    if not twice:
        return list(received)
    told = await store.timeline.already_told(
        work.connection, [event.order_id for event in twice], [event.event_id for event in twice]
    )
    return [one for one in received if one.event.event_id not in told]


async def refuse_orphans(work: UnitOfWork, order_ids: Collection[UUID], known: Container[UUID]) -> None:
    """Every order begins here: one without even a tombstone was forgotten by a restore."""
    missing = [order_id for order_id in order_ids if order_id not in known]
    if missing and len(await store.erasure.erased(work.connection, missing)) < len(missing):
        raise Orphan


async def record_answers(work: UnitOfWork, orders: Iterable[Order], events: Iterable[StreamEvent]) -> None:
    answered: list[tuple[UUID, Question]] = [
        (order.order_id, question)
        for order, event in zip(orders, events, strict=True)
        for question in answered_by(event, order)
    ]
    if answered:
        await store.questions.answer(work.connection, answered, work.now)
