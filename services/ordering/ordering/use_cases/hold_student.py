"""Suspend a student's rights, or give them back: the office's hold on all their cards, made and to come."""

from uuid import UUID

from contracts.ordering import CardChange
from eventing import UnitOfWork
from ordering import store
from ordering.domain import OPEN, Order
from ordering.use_cases._commands import card_change, question_of, record_command
from servicekit.refusals import NotFound


async def hold_student(
    work: UnitOfWork, student_ref: UUID, *, hold: bool, actor_ref: str, reason: str | None
) -> None:
    """The hold has a version: whoever hears of several keeps the newest."""
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        raise NotFound
    if student.office_hold == hold:
        return
    version = await store.students.hold(work.connection, student_ref, hold)
    for order in await store.orders.lock_of_student(work.connection, student_ref):
        if order.state in OPEN or order.card.stands:
            await _tell(work, order, hold=hold, actor_ref=actor_ref, reason=reason, version=version)
    action = "student_suspended" if hold else "student_reinstated"
    await store.audit.add(
        work.connection, student.institution_id, work.now, actor_ref, action, student_ref=student_ref
    )


async def _tell(
    work: UnitOfWork, order: Order, *, hold: bool, actor_ref: str, reason: str | None, version: int
) -> None:
    change: CardChange = "suspend" if hold else "reinstate"
    event = card_change(
        work, order, change, by="office", actor_ref=actor_ref, reason=reason, hold_version=version
    )
    owes_answer = order.card.stands and ("office" in order.card.holds) != hold
    await record_command(work, order, event, question_of(change, "office") if owes_answer else None)
