"""What an operator does from the command line. The running service sends what a command publishes."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from eventing import Outbox, Works
from ordering import store
from ordering.sealing import load_sealers, pesel_column
from ordering.settings import OrderingSettings
from ordering.use_cases.erase_student import erase_student
from ordering.use_cases.export_student import export_student
from servicekit.commands import tell_resealed, write_json
from servicekit.database import open_pool
from servicekit.keys import Keys
from servicekit.refusals import NotFound
from servicekit.resealing import reseal

OPERATOR = "operator"


@asynccontextmanager
async def opened_works(settings: OrderingSettings) -> AsyncIterator[Works]:
    pool = await open_pool(settings, "ordering-command", min_size=1, max_size=2)
    try:
        yield Works(pool, Outbox("ordering"))
    finally:
        await pool.close()


async def erase(settings: OrderingSettings, student_ref: UUID) -> None:
    async with opened_works(settings) as works:
        try:
            async with works.begin() as work:
                orders = await erase_student(work, student_ref, actor_ref=OPERATOR)
        except NotFound:
            raise SystemExit(f"there is no student {student_ref}: look it up in the audit") from None
    told = "this student was erased before" if orders is None else f"erased: one student, {orders} orders"
    sys.stdout.write(f"{told}\n")


async def export(settings: OrderingSettings, student_ref: UUID) -> None:
    """As the student gets it from the portal; that an operator did is a line of the audit, and told there."""
    sealers = load_sealers(Keys(settings.keys_dir, production=settings.is_production))
    async with opened_works(settings) as works, works.begin() as work:
        student = await store.students.lock(work.connection, student_ref)
        if student is None:
            raise SystemExit(f"there is no student {student_ref}: look it up in the audit")
        await store.audit.add(
            work.connection,
            student.institution_id,
            work.now,
            OPERATOR,
            "data_exported",
            student_ref=student_ref,
        )
        stored = await export_student(work.connection, sealers, student)
    write_json(stored)


async def reseal_students(settings: OrderingSettings) -> None:
    sealers = load_sealers(Keys(settings.keys_dir, production=settings.is_production))
    pool = await open_pool(settings, "ordering-command", min_size=1, max_size=2)
    async with pool:
        tell_resealed(students=await reseal(pool, pesel_column(sealers.students)))
