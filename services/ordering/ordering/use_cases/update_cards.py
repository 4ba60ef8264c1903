"""Tell the issuer what a student's cards show from now on. Its answer alone makes them new."""

from contracts.ordering import CardChangeRequested
from eventing import UnitOfWork
from ordering import store
from ordering.domain import OPEN, Order
from ordering.eligibility import Student
from ordering.sealing import Sealers, seal_holder
from ordering.timeline import Question
from ordering.use_cases._commands import card_change, record_command

REASON = "data_changed"


async def update_cards(work: UnitOfWork, sealers: Sealers, student: Student, *, actor_ref: str) -> None:
    """Open orders too: their cards are to be made of the new data. What cannot be renewed is left alone."""
    orders = await store.orders.lock_of_student(work.connection, student.student_ref)
    shown = [order for order in orders if order.state in OPEN or order.card.can_be_renewed(work.now)]
    await _change_photo(work, student, shown)
    for order in shown:
        question: Question | None = "update" if order.card.stands else None
        await record_command(work, order, _request(work, sealers, student, order, actor_ref), question)


async def _change_photo(work: UnitOfWork, student: Student, orders: list[Order]) -> None:
    order_ids = [order.order_id for order in orders]
    left = await store.orders.change_photo(work.connection, order_ids, student.photo_sha256)
    await store.students.delete_unused_photos(work.connection, student.institution_id, left)


def _request(
    work: UnitOfWork, sealers: Sealers, student: Student, order: Order, actor_ref: str
) -> CardChangeRequested:
    """The end that stands in the data is the one that is known here: an update moves none."""
    until = order.card.valid_until or order.expires_at or work.now
    return card_change(
        work,
        order,
        "update",
        by="system",
        actor_ref=actor_ref,
        reason=REASON,
        holder_sealed=seal_holder(sealers, CardChangeRequested, order.order_id, student, order.locale, until),
    )
