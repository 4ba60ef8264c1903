"""Suspend a student's rights, or give them back: the office's hold on all their cards, made and to come."""

from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.domain import OPEN, Order
from ordering.eligibility import Student
from ordering.timeline import OPPOSITES, REINSTATE, SUSPEND, Question
from ordering.use_cases._commands import card_change, record_command
from servicekit.refusals import NotFound


async def hold_student(
    work: UnitOfWork, student_ref: UUID, *, hold: bool, actor_ref: str, reason: str | None
) -> None:
    """The hold has a version: whoever hears of several keeps the newest."""
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        raise NotFound
    await _note(work, student, hold, actor_ref, reason)
    if student.office_hold == hold:
        return
    version = await store.students.hold(work.connection, student_ref, hold)
    orders = await store.orders.lock_of_student(work.connection, student_ref)
    asked = await store.questions.open_of(work.connection, [order.order_id for order in orders])
    for order in orders:
        if order.state in OPEN or order.card.stands:
            question = _question(order, hold, asked.get(order.order_id, set()))
            event = card_change(
                work,
                order,
                "suspend" if hold else "reinstate",
                by="office",
                actor_ref=actor_ref,
                reason=reason,
                hold_version=version,
            )
            await record_command(work, order, event, question)


async def _note(work: UnitOfWork, student: Student, hold: bool, actor_ref: str, reason: str | None) -> None:
    """Also where nothing changes: that it was wanted again may have another reason."""
    await store.audit.add(
        work.connection,
        student.institution_id,
        work.now,
        actor_ref,
        "student_suspended" if hold else "student_reinstated",
        student_ref=student.student_ref,
        details={"reason": reason},
    )


def _question(order: Order, hold: bool, asked: set[Question]) -> Question | None:
    """None where there is no card yet, or the card is as wanted and nothing else is on its way."""
    question = (SUSPEND if hold else REINSTATE)["office"]
    changes = ("office" in order.card.holds) != hold or OPPOSITES[question] in asked
    return question if order.card.stands and changes else None
