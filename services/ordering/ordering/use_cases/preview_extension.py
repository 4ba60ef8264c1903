"""See what an extension of many cards would do: to which cards, and why not to others. Asks for none."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.eligibility import end_of_day
from ordering.extending import UNKNOWN_TOLD, Candidate, Extension, Preview, Reason, check_until, decide

AT_ONCE = 2_000


async def preview_extension(
    work: UnitOfWork, institution_id: str, until: date, numbers: Sequence[str] | None
) -> Preview:
    """Starting it does what was seen here and nothing more. `numbers`: of students; none means all."""
    end = end_of_day(until)
    check_until(end, work.now)
    extension = Extension(work.new_id(), institution_id, end, "previewed", {}, work.now, None, None, None)
    await store.extensions.add(work.connection, extension)
    chosen = None if numbers is None else sorted(set(numbers))
    unknown = await store.extensions.unknown_numbers(work.connection, institution_id, chosen or [])
    left_out = await _choose(work, extension, chosen)
    if unknown:
        left_out["unknown"] = len(unknown)
    await store.extensions.count_left_out(work.connection, extension.extension_id, left_out)
    return Preview(extension.extension_id, unknown[:UNKNOWN_TOLD])


async def _choose(work: UnitOfWork, extension: Extension, numbers: list[str] | None) -> Counter[Reason]:
    left_out: Counter[Reason] = Counter()
    last = None
    while page := await store.extensions.candidates(
        work.connection, extension.institution_id, numbers, after=last, limit=AT_ONCE
    ):
        left_out += await _add(work, extension, page)
        last = page[-1].student_ref
    return left_out


async def _add(work: UnitOfWork, extension: Extension, page: list[Candidate]) -> Counter[Reason]:
    ends: dict[UUID, datetime] = {}
    left_out: Counter[Reason] = Counter()
    for candidate in page:
        decided = decide(candidate, extension.until, work.now)
        if isinstance(decided, str):
            left_out[decided] += 1
        elif candidate.order_id is not None:
            ends[candidate.order_id] = decided
    await store.extensions.add_cards(work.connection, extension.extension_id, ends)
    return left_out
