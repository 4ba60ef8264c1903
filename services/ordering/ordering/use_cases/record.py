"""Write down what happened to orders: shared by every use case that changes one."""

from collections.abc import Sequence
from dataclasses import replace

from contracts.base import StreamEvent
from eventing import UnitOfWork
from ordering import store
from ordering.domain import Order
from ordering.timeline import Question, entry_of


async def record(work: UnitOfWork, happened: Sequence[tuple[Order, StreamEvent]]) -> list[Order]:
    """Save locked orders as they are after one event each, and add its entry to their timelines."""
    if not happened:
        return []
    counted = [(replace(order, last_entry=order.last_entry + 1), event) for order, event in happened]
    await store.orders.save(work.connection, [order for order, _ in counted])
    await store.timeline.add(work.connection, [entry_of(order, event) for order, event in counted])
    return [order for order, _ in counted]


async def record_command(
    work: UnitOfWork, order: Order, event: StreamEvent, question: Question | None = None
) -> Order:
    """Record what we ask of the issuer, remember that it owes an answer, and publish it."""
    [order] = await record(work, [(order, event)])
    if question:
        await store.questions.ask(work.connection, [(order.order_id, question)], work.now)
    work.publish(event)
    return order
