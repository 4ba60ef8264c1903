"""Erase the students of orders that were erased, and that a restore has brought back."""

from collections.abc import Sequence
from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.use_cases.erase_student import erase_student

ACTOR = "restore"


async def erase_again(work: UnitOfWork, order_ids: Sequence[UUID]) -> None:
    orders = await store.orders.lock(work.connection, order_ids)
    for student_ref in sorted({order.student_ref for order in orders.values()}):
        await erase_student(work, student_ref, actor_ref=ACTOR)
