"""Who acts for the dean's office: whom an operator has entered, looked up at each request, never a claim."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from ordering import store
from ordering.callers import ThePerson
from ordering.eligibility import check_fresh
from ordering.parts import Parts, TheParts
from ordering.problems import NotAClerk
from servicekit.institutions import Institution
from servicekit.signin import Person


@dataclass(frozen=True, slots=True)
class Clerk:
    """The clerk who is asking: for students of one institution, and for nobody else's."""

    person: Person
    ref: UUID
    institution: Institution

    @property
    def actor_ref(self) -> str:
        """As events and the audit name whoever acts."""
        return f"clerk:{self.ref}"


async def current_clerk(person: ThePerson, parts: TheParts) -> Clerk:
    """Who was a clerk until a moment ago is none any more, whatever session or token they have."""
    async with parts.works.pool.acquire() as connection:
        ref = await store.clerks.find(connection, person.institution_id, person.subject)
    if ref is None:
        await _note_refused(parts, person)
        raise NotAClerk
    return Clerk(person, ref, parts.institutions[person.institution_id])


async def _note_refused(parts: Parts, person: Person) -> None:
    """A student who tries the office's door is a line of the audit, with no name."""
    async with parts.works.begin() as work:
        student = await store.students.find(work.connection, person.institution_id, person.subject)
        if student is not None:
            await store.audit.add(
                work.connection,
                student.institution_id,
                work.now,
                str(student.student_ref),
                "clerk_access_refused",
                student_ref=student.student_ref,
            )


TheClerk = Annotated[Clerk, Depends(current_clerk)]


async def current_clerk_just_signed_in(clerk: TheClerk, parts: TheParts) -> Clerk:
    """For what cannot be undone: a browser that was left open must not be enough."""
    check_fresh(clerk.person.signed_in_at, parts.works.clock())
    return clerk


FreshClerk = Annotated[Clerk, Depends(current_clerk_just_signed_in)]
