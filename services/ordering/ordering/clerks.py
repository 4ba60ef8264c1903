"""Who acts for the dean's office: whom an operator has entered, looked up at each request, never a claim."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends

from ordering import store
from ordering.callers import ThePerson
from ordering.eligibility import check_fresh
from ordering.parts import Parts, TheParts
from ordering.problems import NotAClerk
from ordering.vain_tries import note_vain_try
from servicekit.institutions import Institution
from servicekit.refusals import NotFound
from servicekit.signin import Person

ACCESS_REFUSED = "clerk_access_refused"


@dataclass(frozen=True, slots=True)
class Clerk:
    """The clerk who is asking: for students of one institution, and for nobody else's."""

    person: Person
    ref: UUID
    institution: Institution

    @property
    def actor_ref(self) -> str:
        """As events and the audit name whoever acts."""
        return actor_of(self.ref)


def actor_of(clerk_ref: UUID) -> str:
    return f"clerk:{clerk_ref}"


async def current_clerk(person: ThePerson, parts: TheParts) -> Clerk:
    """Who was a clerk until a moment ago is none any more, whatever session or token they have."""
    async with parts.works.pool.acquire() as connection:
        ref = await store.clerks.find(connection, person.institution_id, person.subject)
    if ref is None:
        await _note_refused(parts, person)
        raise NotAClerk
    return Clerk(person, ref, parts.institutions[person.institution_id])


async def _note_refused(parts: Parts, person: Person) -> None:
    """A student, or a clerk of former days, who tries the office's door is a line of the audit."""
    async with parts.works.pool.acquire() as connection:
        student = await store.students.find(connection, person.institution_id, person.subject)
        former = await store.clerks.find_former(connection, person.institution_id, person.subject)
    if student is not None:
        ref = student.student_ref
        await note_vain_try(parts, person.institution_id, str(ref), ACCESS_REFUSED, student_ref=ref)
    elif former is not None:
        await note_vain_try(parts, person.institution_id, actor_of(former), ACCESS_REFUSED)


TheClerk = Annotated[Clerk, Depends(current_clerk)]


async def _note_not_found(clerk: TheClerk, parts: TheParts) -> AsyncIterator[None]:
    try:
        yield
    except NotFound:
        await note_vain_try(parts, clerk.institution.id, clerk.actor_ref, "clerk_found_nothing")
        raise


# What another institution has is not found, as what is nowhere; that it was asked for is noted.
NoteNotFound = Depends(_note_not_found)


async def current_clerk_just_signed_in(clerk: TheClerk, parts: TheParts) -> Clerk:
    """For what cannot be undone: a browser that was left open must not be enough."""
    check_fresh(clerk.person.signed_in_at, parts.works.clock())
    return clerk


FreshClerk = Annotated[Clerk, Depends(current_clerk_just_signed_in)]
