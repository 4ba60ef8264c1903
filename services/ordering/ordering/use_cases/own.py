"""Find what belongs to a student. What belongs to somebody else is not found."""

from uuid import UUID

from eventing import Connection, UnitOfWork
from ordering import store
from ordering.domain import Order
from servicekit.refusals import NotFound


async def lock_own_order(work: UnitOfWork, student_ref: UUID, order_id: UUID) -> Order:
    order = (await store.orders.lock(work.connection, [order_id])).get(order_id)
    if order is None or order.student_ref != student_ref:
        raise NotFound
    return order


async def read_own_order(conn: Connection, student_ref: UUID, order_id: UUID) -> Order:
    order = await store.orders.one_of_student(conn, student_ref, order_id)
    if order is None:
        raise NotFound
    return order
