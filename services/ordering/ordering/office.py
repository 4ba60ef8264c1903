"""What a clerk does, each act in a transaction of its own. Reading a student's data is an act, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from eventing import UnitOfWork
from ordering import store
from ordering.clerks import Clerk
from ordering.eligibility import Past, Student
from ordering.parts import Parts
from ordering.problems import TooManySearches
from ordering.timeline import Entry, Question
from ordering.use_cases.erase_student import erase_student
from ordering.use_cases.export_student import export_student
from ordering.use_cases.hold_student import hold_student
from ordering.use_cases.revoke_card import revoke_card
from ordering.use_cases.strike_off_student import strike_off_student
from ordering.use_cases.withdraw_order import withdraw_order
from servicekit.refusals import NotFound

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trace:
    """All that is known here of a student's way to a card."""

    student: Student
    past: Past
    entries: list[Entry]
    asked: dict[UUID, set[Question]]


async def search(
    parts: Parts, clerk: Clerk, words: list[str], after: UUID | None, limit: int
) -> list[Student]:
    """Whom it showed is noted, not what was searched for: that is somebody's name."""
    await _limit_searches(parts, clerk, limit)
    async with parts.works.begin() as work:
        found = await store.clerks.search_students(work.connection, clerk.institution.id, words, after, limit)
        shown = [str(student.student_ref) for student in found]
        await _note(work, clerk, "students_searched", details={"students": shown})
    parts.searches.students.give_back(clerk.actor_ref, limit - len(found))
    return found


async def _limit_searches(parts: Parts, clerk: Clerk, students: int) -> None:
    """Counted before, so that many at once show no more than one after another."""
    now = parts.works.clock()
    refused = parts.searches.take(clerk.actor_ref, students, now)
    if refused is None:
        return
    exceeded, seconds = refused
    if parts.searches.is_news(clerk.actor_ref, exceeded, now):
        log.warning("clerk_searches_limited", exceeded=exceeded)
        async with parts.works.begin() as work:
            await _note(work, clerk, "student_searches_limited", details={"exceeded": exceeded})
    raise TooManySearches(timedelta(seconds=seconds))


async def trace(parts: Parts, clerk: Clerk, student_ref: UUID) -> Trace:
    async with parts.works.begin() as work:
        student = await _student(work, clerk, student_ref)
        past = await store.past.of_student(work.connection, student_ref)
        order_ids = [order.order_id for order in past.orders]
        entries = await store.timeline.of_orders(work.connection, order_ids)
        asked = await store.questions.open_of(work.connection, order_ids)
        await _note(work, clerk, "student_read", student_ref=student_ref)
    return Trace(student, past, entries, asked)


async def export(parts: Parts, clerk: Clerk, student_ref: UUID) -> dict[str, Any]:
    """As the student gets it from the portal, but without the PESEL number: no clerk is told one."""
    async with parts.works.begin() as work:
        student = await _student(work, clerk, student_ref)
        await _note(work, clerk, "data_exported", student_ref=student_ref)
        return await export_student(work.connection, parts.sealers, student, with_pesel=False)


async def suspend(parts: Parts, clerk: Clerk, student_ref: UUID, reason: str) -> None:
    await _hold(parts, clerk, student_ref, hold=True, reason=reason)


async def reinstate(parts: Parts, clerk: Clerk, student_ref: UUID) -> None:
    await _hold(parts, clerk, student_ref, hold=False, reason="rights_restored")


async def _hold(parts: Parts, clerk: Clerk, student_ref: UUID, *, hold: bool, reason: str) -> None:
    async with parts.works.begin() as work:
        await _student(work, clerk, student_ref)
        await hold_student(work, student_ref, hold=hold, actor_ref=clerk.actor_ref, reason=reason)
        await _touch_all(work, parts, student_ref)


async def strike_off(parts: Parts, clerk: Clerk, student_ref: UUID) -> None:
    """Nor may they order again, until a list says otherwise."""
    async with parts.works.begin() as work:
        await _student(work, clerk, student_ref)
        await store.clerks.strike_off(work.connection, student_ref)
        await strike_off_student(work, student_ref, by="office", actor_ref=clerk.actor_ref)
        await _touch_all(work, parts, student_ref)


async def erase(parts: Parts, clerk: Clerk, student_ref: UUID) -> None:
    """Again, after a lost answer, is answered as the first time."""
    async with parts.works.begin() as work:
        own = await store.clerks.student(work.connection, clerk.institution.id, student_ref)
        # Asked after: whom another request erases meanwhile is either still there or noted as erased.
        erased_at = await store.audit.institution_of_erased(work.connection, student_ref)
        if own is None and erased_at != clerk.institution.id:
            raise NotFound
        await erase_student(work, student_ref, actor_ref=clerk.actor_ref)


async def withdraw(parts: Parts, clerk: Clerk, order_id: UUID) -> None:
    async with parts.works.begin() as work:
        await withdraw_order(work, clerk.institution.id, order_id, actor_ref=clerk.actor_ref)
        _touch(work, parts, order_id)


async def revoke(parts: Parts, clerk: Clerk, credential_id: UUID, reason: str) -> None:
    async with parts.works.begin() as work:
        order_id = await store.clerks.order_of_card(work.connection, clerk.institution.id, credential_id)
        if order_id is None:
            raise NotFound
        await revoke_card(work, clerk.institution.id, order_id, actor_ref=clerk.actor_ref, reason=reason)
        _touch(work, parts, order_id)


async def _student(work: UnitOfWork, clerk: Clerk, student_ref: UUID) -> Student:
    """Whoever belongs to another institution is not found."""
    student = await store.clerks.student(work.connection, clerk.institution.id, student_ref)
    if student is None:
        raise NotFound
    return student


async def _note(
    work: UnitOfWork,
    clerk: Clerk,
    action: str,
    *,
    student_ref: UUID | None = None,
    details: Mapping[str, str | list[str]] | None = None,
) -> None:
    await store.audit.add(
        work.connection,
        clerk.institution.id,
        work.now,
        clerk.actor_ref,
        action,
        student_ref=student_ref,
        details=dict(details or {}),
    )


async def _touch_all(work: UnitOfWork, parts: Parts, student_ref: UUID) -> None:
    for order in await store.orders.of_student(work.connection, student_ref):
        _touch(work, parts, order.order_id)


def _touch(work: UnitOfWork, parts: Parts, order_id: UUID) -> None:
    work.after_commit(lambda: parts.changes.touch(order_id))
