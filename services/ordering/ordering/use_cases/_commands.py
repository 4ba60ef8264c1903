"""What ordering asks of the issuer: written down, remembered until it is answered, and published."""

from datetime import datetime
from uuid import UUID

from contracts.base import Party, StreamEvent
from contracts.ordering import CancelReason, CardChange, CardChangeRequested, OrderCancelled
from eventing import UnitOfWork
from ordering import store
from ordering.domain import Order, cancel
from ordering.timeline import OPPOSITES, REINSTATE, SUSPEND, Question
from ordering.use_cases._facts import record
from servicekit.refusals import NotFound


async def lock_own_order(work: UnitOfWork, student_ref: UUID, order_id: UUID) -> Order:
    """What belongs to somebody else is not found."""
    order = (await store.orders.lock(work.connection, [order_id])).get(order_id)
    if order is None or order.student_ref != student_ref:
        raise NotFound
    return order


async def lock_order_of(work: UnitOfWork, institution_id: str, order_id: UUID) -> Order:
    """For the office: an order of another institution is not found."""
    order = (await store.orders.lock(work.connection, [order_id])).get(order_id)
    if order is None or order.institution_id != institution_id:
        raise NotFound
    return order


async def note(work: UnitOfWork, order: Order, actor_ref: str, action: str) -> None:
    """A line of the audit about an order."""
    await store.audit.add(
        work.connection,
        order.institution_id,
        work.now,
        actor_ref,
        action,
        order_id=order.order_id,
        student_ref=order.student_ref,
    )


async def record_command(
    work: UnitOfWork, order: Order, event: StreamEvent, question: Question | None = None
) -> Order:
    """What was wanted before, and is not any more, need not be answered."""
    [order] = await record(work, [(order, event)])
    if question:
        await store.questions.ask(work.connection, [(order.order_id, question)], work.now)
    if question in OPPOSITES:
        await store.questions.drop(work.connection, order.order_id, OPPOSITES[question])
    work.publish(event)
    return order


async def record_cancellation(work: UnitOfWork, order: Order, reason: CancelReason) -> Order:
    event = OrderCancelled(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=order.institution_id,
        order_id=order.order_id,
        reason=reason,
    )
    return await record_command(work, cancel(order), event, "withdrawal")


def question_of(change: CardChange, by: Party) -> Question:
    """Holds have an owner; all else is the same whoever asks."""
    match change:
        case "suspend":
            return SUSPEND[by]
        case "reinstate":
            return REINSTATE[by]
        case _:
            return change


def card_change(
    work: UnitOfWork,
    order: Order,
    change: CardChange,
    *,
    by: Party,
    actor_ref: str | None,
    reason: str | None = None,
    hold_version: int | None = None,
    valid_until: datetime | None = None,
    holder_sealed: str | None = None,
) -> CardChangeRequested:
    return CardChangeRequested(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=order.institution_id,
        order_id=order.order_id,
        credential_id=order.credential_id,
        student_ref=order.student_ref,
        change=change,
        by=by,
        hold_version=hold_version,
        actor_ref=actor_ref,
        reason=reason,
        valid_until=valid_until,
        holder_sealed=holder_sealed,
    )
