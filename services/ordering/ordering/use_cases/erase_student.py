"""Erase a student: here at once, and everywhere else by one event per order."""

from uuid import UUID

from contracts.ordering import OrderErased
from eventing import UnitOfWork
from ordering import store
from servicekit.refusals import NotFound
from servicekit.sessions import end_sessions_of


async def erase_student(work: UnitOfWork, student_ref: UUID, *, actor_ref: str) -> int | None:
    """How many orders there were, or None when it was done before. Left are tombstones and the audit."""
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        if await store.audit.institution_of_erased(work.connection, student_ref):
            return None
        raise NotFound
    orders = await store.orders.lock_of_student(work.connection, student_ref)
    order_ids = [order.order_id for order in orders]
    for order_id in order_ids:
        work.erase(order_id)
    photos = await store.erasure.erase_orders(work.connection, student.institution_id, order_ids, work.now)
    if student.photo_sha256:
        photos.add(student.photo_sha256)
    await store.students.erase(work.connection, student, sorted(photos))
    await end_sessions_of(work.connection, student.institution_id, student.subject)
    work.publish(*(_order_erased(work, student.institution_id, order_id) for order_id in order_ids))
    await store.audit.add(
        work.connection,
        student.institution_id,
        work.now,
        actor_ref,
        "student_erased",
        student_ref=student_ref,
    )
    return len(order_ids)


def _order_erased(work: UnitOfWork, institution_id: str, order_id: UUID) -> OrderErased:
    return OrderErased(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=institution_id,
        order_id=order_id,
    )
