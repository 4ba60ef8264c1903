"""Who is asking, and whether what they ask about is theirs. Somebody else's is not found, and noted."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from eventing import Connection
from ordering import store
from ordering.domain import Order
from ordering.eligibility import Student
from ordering.parts import TheParts
from ordering.problems import NotAStudent
from ordering.vain_tries import count_vain_try, note_vain_try
from servicekit.institutions import Institution
from servicekit.problems import Language, language_of
from servicekit.refusals import NotFound
from servicekit.signin import Person, current_person

FOREIGN_ORDER = "foreign_order_refused"

ThePerson = Annotated[Person, Depends(current_person)]


@dataclass(frozen=True, slots=True)
class Me:
    """The student who is asking."""

    person: Person
    student: Student
    institution: Institution

    @property
    def ref(self) -> UUID:
        return self.student.student_ref


async def current_student(person: ThePerson, parts: TheParts) -> Me:
    async with parts.works.pool.acquire() as connection:
        student = await store.students.find(connection, person.institution_id, person.subject)
    if student is None:
        raise NotAStudent
    return Me(person, student, parts.institutions[person.institution_id])


TheStudent = Annotated[Me, Depends(current_student)]


async def own_order(order_id: UUID, me: TheStudent, parts: TheParts) -> UUID:
    async with parts.works.pool.acquire() as connection:
        owner = await store.orders.owner(connection, order_id)
    await _require_own(parts, me, owner, order_id)
    return order_id


async def order_of_own_card(credential_id: UUID, me: TheStudent, parts: TheParts) -> UUID:
    async with parts.works.pool.acquire() as connection:
        found = await store.orders.of_card(connection, credential_id)
    order_id, owner = found or (credential_id, None)
    await _require_own(parts, me, owner, order_id)
    return order_id


async def _require_own(parts: TheParts, me: Me, owner: UUID | None, order_id: UUID) -> None:
    if owner == me.ref:
        return
    if owner is None:  # counted as well: else the limit would tell which orders there are
        count_vain_try(parts, str(me.ref), FOREIGN_ORDER)
    else:
        await note_vain_try(
            parts, me.institution.id, str(me.ref), FOREIGN_ORDER, order_id=order_id, student_ref=me.ref
        )
    raise NotFound


async def read_own_order(conn: Connection, me: Me, order_id: UUID) -> Order:
    order = await store.orders.one_of_student(conn, me.ref, order_id)
    if order is None:
        raise NotFound
    return order


OwnOrder = Annotated[UUID, Depends(own_order)]
OrderOfOwnCard = Annotated[UUID, Depends(order_of_own_card)]


async def _language(request: Request) -> Language:
    return language_of(request)


TheLanguage = Annotated[Language, Depends(_language)]
