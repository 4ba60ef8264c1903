"""Let the cards of a graduate last as long as the law lets them keep their rights."""

from contracts.ordering import CardChangeRequested
from eventing import UnitOfWork
from ordering import store
from ordering.domain import OPEN, Order
from ordering.eligibility import Student
from ordering.timeline import Question
from ordering.use_cases._commands import card_change, record_command

REASON = "graduated"


async def extend_graduate(work: UnitOfWork, student: Student, *, actor_ref: str) -> None:
    """A card that ends later keeps its end for now: it is revoked on the day when the rights end."""
    for order in await store.orders.lock_of_student(work.connection, student.student_ref):
        if order.state in OPEN or _ends_too_soon(work, student, order):
            question: Question | None = "extend" if order.card.stands else None
            await record_command(work, order, _request(work, student, order, actor_ref), question)


def _ends_too_soon(work: UnitOfWork, student: Student, order: Order) -> bool:
    end, rights_until = order.card.valid_until, student.rights_until
    return (
        order.card.can_be_renewed(work.now)
        and end is not None
        and rights_until is not None
        and end < rights_until
    )


def _request(work: UnitOfWork, student: Student, order: Order, actor_ref: str) -> CardChangeRequested:
    return card_change(
        work,
        order,
        "extend",
        by="system",
        actor_ref=actor_ref,
        reason=REASON,
        valid_until=student.rights_until,
    )
