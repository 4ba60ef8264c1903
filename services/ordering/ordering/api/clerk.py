"""The dean's office: find a student, see why there is no card, and act. Every call is a line of the audit."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from ordering import office
from ordering.api.me import ReasonView
from ordering.callers import TheLanguage
from ordering.clerks import Clerk, FreshClerk, NoteNotFound, TheClerk
from ordering.domain import Order
from ordering.eligibility import Student, blocked_by, obstacles
from ordering.parts import Parts, TheParts
from ordering.views import CardView, EntryView, View, card_view, download, entry_view
from servicekit.institutions import Cycle, StudentStatus
from servicekit.problems import Language

router = APIRouter(prefix="/api/v1/clerk", tags=["clerk"], dependencies=[NoteNotFound])

Word = Annotated[str, StringConstraints(min_length=2, max_length=64)]
NO_STORE = {"Cache-Control": "no-store"}


class Search(BaseModel):
    """A student number, or beginnings of names. In a body: addresses are written down on the way."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: tuple[Word, ...] = Field(min_length=1, max_length=5, repr=False)
    after: UUID | None = Field(default=None, description="the last student of the page before")
    limit: int = Field(default=20, ge=1, le=100)

    @field_validator("words", mode="before")
    @classmethod
    def _at_blanks(cls, words: object) -> object:
        """A full name is several words, also where it was sent as one."""
        if not isinstance(words, list):
            return words
        return [part for word in words for part in (word.split() if isinstance(word, str) else [word])]


class Suspension(BaseModel):
    """Why. A word, no text: it stands in events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Literal["rights_suspended", "data_in_doubt", "document_lost"]


class Revocation(BaseModel):
    """Why. A word, no text: it stands in events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Literal["not_a_student", "data_wrong", "holder_asked", "misuse"]


class StudentView(View):
    """Who it is, so that the right one is meant; the PESEL number is told to nobody here."""

    student_ref: UUID
    student_number: str = Field(repr=False)
    given_names: str = Field(repr=False)
    family_name: str = Field(repr=False)
    status: StudentStatus
    programme: str
    cycle: Cycle


class PageView(View):
    """`after` asks for the next page; none with the last one."""

    students: list[StudentView]
    after: UUID | None


class TracedOrder(View):
    """An order with all that has happened to it. `requested`: what the issuer has still to answer."""

    order_id: UUID
    status: str
    placed_at: datetime
    requested: list[str]
    card: CardView | None
    timeline: list[EntryView]


class TraceView(View):
    """One page that answers why this student has a card or none."""

    student: StudentView
    has_photo: bool
    office_hold: bool
    may_order: bool
    reasons: list[ReasonView]
    orders: list[TracedOrder]


@router.post("/students/search", summary="Find students of my institution")
async def search(body: Search, clerk: TheClerk, parts: TheParts, response: Response) -> PageView:
    """By number, or by beginnings of names with or without Polish letters."""
    found = await office.search(parts, clerk, list(body.words), body.after, body.limit)
    response.headers.update(NO_STORE)
    last = found[-1].student_ref if len(found) == body.limit else None
    return PageView(students=[_student_view(student) for student in found], after=last)


@router.get("/students/{student_ref}", summary="Why a student has a card, or none")
async def trace(
    student_ref: UUID, clerk: TheClerk, parts: TheParts, language: TheLanguage, response: Response
) -> TraceView:
    response.headers.update(NO_STORE)
    return _trace_view(parts, clerk, await office.trace(parts, clerk, student_ref), language)


@router.get(
    "/students/{student_ref}/export", response_class=JSONResponse, summary="What is stored about a student"
)
async def export(student_ref: UUID, clerk: FreshClerk, parts: TheParts) -> JSONResponse:
    """Here alone, and without the PESEL number. Needs a sign-in of the last ten minutes."""
    return download(await office.export(parts, clerk, student_ref))


@router.post("/students/{student_ref}/suspension", status_code=202, summary="Suspend a student's cards")
async def suspend(
    student_ref: UUID,
    body: Suspension,
    clerk: TheClerk,
    parts: TheParts,
    language: TheLanguage,
    response: Response,
) -> TraceView:
    """All cards, made and to come, until it is lifted."""
    await office.suspend(parts, clerk, student_ref, body.reason)
    return await trace(student_ref, clerk, parts, language, response)


@router.post("/students/{student_ref}/reinstatement", status_code=202, summary="Lift the office's suspension")
async def reinstate(
    student_ref: UUID, clerk: TheClerk, parts: TheParts, language: TheLanguage, response: Response
) -> TraceView:
    """A card that its holder has frozen stays frozen."""
    await office.reinstate(parts, clerk, student_ref)
    return await trace(student_ref, clerk, parts, language, response)


@router.post("/students/{student_ref}/striking-off", status_code=202, summary="End all that a student has")
async def strike_off(
    student_ref: UUID, clerk: FreshClerk, parts: TheParts, language: TheLanguage, response: Response
) -> TraceView:
    """Open orders are cancelled and cards revoked, for good. Needs a sign-in of the last ten minutes."""
    await office.strike_off(parts, clerk, student_ref)
    return await trace(student_ref, clerk, parts, language, response)


@router.post(
    "/students/{student_ref}/erasure", status_code=204, response_class=Response, summary="Erase a student"
)
async def erase(student_ref: UUID, clerk: FreshClerk, parts: TheParts) -> Response:
    """Here and everywhere. Needs a sign-in of the last ten minutes."""
    await office.erase(parts, clerk, student_ref)
    return Response(status_code=204)


@router.post(
    "/orders/{order_id}/withdrawal", status_code=202, response_class=Response, summary="Withdraw an order"
)
async def withdraw(order_id: UUID, clerk: TheClerk, parts: TheParts) -> Response:
    await office.withdraw(parts, clerk, order_id)
    return Response(status_code=202)


@router.post(
    "/cards/{credential_id}/revocation", status_code=202, response_class=Response, summary="Revoke a card"
)
async def revoke(credential_id: UUID, body: Revocation, clerk: FreshClerk, parts: TheParts) -> Response:
    """For good; the issuer's answer comes into the order's timeline."""
    await office.revoke(parts, clerk, credential_id, body.reason)
    return Response(status_code=202)


def _student_view(student: Student) -> StudentView:
    return StudentView(
        student_ref=student.student_ref,
        student_number=student.student_number,
        given_names=student.given_names,
        family_name=student.family_name,
        status=student.status,
        programme=student.programme,
        cycle=student.cycle,
    )


def _trace_view(parts: Parts, clerk: Clerk, found: office.Trace, language: Language) -> TraceView:
    now = parts.works.clock()
    hindrances = [
        ReasonView(code=one.code, text=one.text.to(language), cure=one.cure.to(language))
        for one in obstacles(found.student, clerk.institution, now)
    ]
    if other := blocked_by(found.past, now):
        told = other.title.to(language), other.detail.to(language)
        hindrances.append(ReasonView(code=other.code, text=told[0], cure=told[1]))
    return TraceView(
        student=_student_view(found.student),
        has_photo=found.student.photo_sha256 is not None,
        office_hold=found.student.office_hold,
        may_order=not hindrances,
        reasons=hindrances,
        orders=[_traced(order, found, now) for order in found.past.orders],
    )


def _traced(order: Order, found: office.Trace, now: datetime) -> TracedOrder:
    asked = found.asked.get(order.order_id, set())
    return TracedOrder(
        order_id=order.order_id,
        status=order.state,
        placed_at=order.placed_at,
        requested=sorted(asked),
        card=card_view(order, asked, now),
        timeline=[entry_view(entry) for entry in found.entries if entry.order_id == order.order_id],
    )
