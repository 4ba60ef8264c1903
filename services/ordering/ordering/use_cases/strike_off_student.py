"""End what a student has who is no longer one: open orders are cancelled, cards revoked."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from contracts.ordering import CancelReason
from eventing import UnitOfWork
from ordering import store
from ordering.domain import OPEN, Order
from ordering.use_cases._commands import card_change, record_cancellation, record_command

REASON = "not_a_student"
# A clerk, or the list and the clock.
Striker = Literal["office", "system"]
_CANCELLED: Mapping[Striker, CancelReason] = {"office": "office", "system": "ineligible"}


async def strike_off_student(work: UnitOfWork, student_ref: UUID, *, by: Striker, actor_ref: str) -> None:
    """Doing it again changes nothing: an ended order stays, and a revocation is asked for once."""
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        return
    orders = await store.orders.lock_of_student(work.connection, student_ref)
    asked = await store.questions.open_of(work.connection, [order.order_id for order in orders])
    for order in orders:
        if order.state in OPEN:
            await record_cancellation(work, order, _CANCELLED[by])
        elif order.card.stands and "revoke" not in asked.get(order.order_id, set()):
            await _revoke(work, order, by, actor_ref)
    await store.audit.add(
        work.connection,
        student.institution_id,
        work.now,
        actor_ref,
        "student_struck_off",
        student_ref=student_ref,
    )


async def _revoke(work: UnitOfWork, order: Order, by: Striker, actor_ref: str) -> None:
    event = card_change(work, order, "revoke", by=by, actor_ref=actor_ref, reason=REASON)
    await record_command(work, order, event, "revoke")
