"""Record cards that were made. A swap moves the new card and the old one together."""

from collections.abc import Sequence
from uuid import UUID

from contracts.issuer import CardIssued
from eventing import Received, UnitOfWork
from ordering import store
from ordering.domain import Order, end_card, issued
from ordering.timeline import QUESTIONS
from ordering.use_cases._facts import record, record_answers, refuse_orphans


async def record_issued_cards(work: UnitOfWork, received: Sequence[Received[CardIssued]]) -> None:
    events = {one.event.order_id: one.event for one in received}
    replaced = {event.replaces: event for event in events.values() if event.replaces is not None}
    orders = await store.orders.lock_with_replaced(work.connection, list(events), list(replaced))
    await refuse_orphans(work, events, orders)
    known = [event for order_id, event in events.items() if order_id in orders]
    for event in known:
        orders[event.order_id] = issued(orders[event.order_id], event)
    recorded = await record(work, [(orders[event.order_id], event) for event in known])
    await record_answers(work, recorded, known)
    orders |= {order.order_id: order for order in recorded}
    await _end_replaced(work, orders, replaced)


async def _end_replaced(
    work: UnitOfWork, orders: dict[UUID, Order], replaced: dict[UUID, CardIssued]
) -> None:
    """Their own streams tell it too, and write it into their timelines."""
    ended = [
        end_card(order, "REPLACED", replaced[order.credential_id].occurred_at)
        for order in orders.values()
        if order.credential_id in replaced
    ]
    if ended:
        await store.orders.save(work.connection, ended)
        questions = [(order.order_id, question) for order in ended for question in QUESTIONS]
        await store.questions.answer(work.connection, questions, work.now)
