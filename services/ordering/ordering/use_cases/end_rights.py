"""Graduates whose rights have ended lose what is left: open orders, and cards that say a later day."""

from eventing import UnitOfWork
from ordering import store
from ordering.use_cases.strike_off_student import strike_off_student

ACTOR = "clock"


async def end_rights(work: UnitOfWork, limit: int = 100) -> int:
    """How many had something left. Must stand still while the consumer is behind."""
    due = await store.students.lock_with_ended_rights(work.connection, work.now, limit)
    for student_ref in due:
        await strike_off_student(work, student_ref, by="system", actor_ref=ACTOR)
    return len(due)
