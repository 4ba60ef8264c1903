"""About the student: eligibility, consents, what is stored, and a token for the notifier."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from ordering import acts, reading
from ordering.callers import TheLanguage, TheStudent
from ordering.parts import TheParts
from ordering.store.consents import Consent
from ordering.use_cases.export_student import export_student
from ordering.views import View, download
from servicekit.institutions import ConsentBasis, ConsentText
from servicekit.problems import Language
from servicekit.refusals import NotFound
from servicekit.tokens import sign_jwt

router = APIRouter(prefix="/api/v1", tags=["me"])

NOTIFIER_TOKEN_LASTS = timedelta(minutes=5)

Kind = Annotated[str, Path(max_length=64)]


class ReasonView(View):
    """Why not, and what to do about it."""

    code: str
    text: str
    cure: str


class EligibilityView(View):
    """Whether a card may be ordered; every reason why not. `replaceable`: the card that a swap would name.

    `office_hold`: the dean's office has suspended the student's cards, and a new one is suspended, too.
    """

    may_order: bool
    reasons: list[ReasonView]
    replaceable: UUID | None
    office_hold: bool


class GivenView(View):
    version: str
    given_at: datetime


class ConsentView(View):
    """What is to be accepted, in the caller's language. `given`: what stands now, in whatever version."""

    kind: str
    version: str
    basis: ConsentBasis
    required: bool
    title: str
    text: str
    refusal: str
    given: GivenView | None


@router.get("/eligibility", summary="May I order, and all reasons why not")
async def eligibility(
    me: TheStudent, parts: TheParts, language: TheLanguage, response: Response
) -> EligibilityView:
    past = await reading.past(parts, me)
    found = reading.hindrances(parts, me, past)
    standing = next(past.standing(parts.works.clock()), None)
    response.headers["Cache-Control"] = "no-store"
    return EligibilityView(
        may_order=not found,
        reasons=[
            ReasonView(code=one.code, text=one.text.to(language), cure=one.cure.to(language)) for one in found
        ],
        replaceable=standing.credential_id if standing else None,
        office_hold=me.student.office_hold,
    )


@router.get("/consents", summary="What I can accept, and what I have accepted")
async def list_consents(
    me: TheStudent, parts: TheParts, language: TheLanguage, response: Response
) -> list[ConsentView]:
    given = await reading.given_consents(parts, me)
    response.headers["Cache-Control"] = "no-store"
    return [_consent_view(consent, given, language) for consent in me.institution.consents]


@router.get("/consents/{kind}", summary="One consent, with its text")
async def show_consent(
    kind: Kind, me: TheStudent, parts: TheParts, language: TheLanguage, response: Response
) -> ConsentView:
    consent = me.institution.consent(kind)
    if consent is None:
        raise NotFound
    response.headers["Cache-Control"] = "no-store"
    return _consent_view(consent, await reading.given_consents(parts, me), language)


def _consent_view(consent: ConsentText, given: dict[str, Consent], language: Language) -> ConsentView:
    own = given.get(consent.kind)
    return ConsentView(
        kind=consent.kind,
        version=consent.version,
        basis=consent.basis,
        required=consent.required,
        title=consent.title.to(language),
        text=consent.text.to(language),
        refusal=consent.refusal.to(language),
        given=GivenView(version=own.version, given_at=own.given_at) if own else None,
    )


class GivenConsent(BaseModel):
    """The version that was read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str = Field(max_length=64)


@router.put("/consents/{kind}", status_code=204, response_class=Response, summary="Give a consent")
async def give(
    kind: Kind, body: GivenConsent, me: TheStudent, parts: TheParts, language: TheLanguage
) -> Response:
    """An optional consent may also be given after the order."""
    await acts.give(parts, me, kind, body.version, language)
    return Response(status_code=204)


@router.delete("/consents/{kind}", status_code=204, response_class=Response, summary="Withdraw a consent")
async def withdraw(kind: Kind, me: TheStudent, parts: TheParts) -> Response:
    await acts.withdraw(parts, me, kind)
    return Response(status_code=204)


@router.get("/me/export", response_class=JSONResponse, summary="What is stored about me")
async def export(me: TheStudent, parts: TheParts) -> JSONResponse:
    """Everything that is stored about me here."""
    async with parts.works.pool.acquire() as connection:
        stored = await export_student(connection, parts.sealers, me.student)
    return download(stored)


class NotifierToken(View):
    """For `Authorization: Bearer` at the notifier, never in a URL."""

    token: str = Field(repr=False)
    expires_in: int
    url: str


@router.post("/notifier-token", summary="A token to read my alerts")
async def make_notifier_token(me: TheStudent, parts: TheParts, response: Response) -> NotifierToken:
    """Lets this student's page read alerts at the notifier for five minutes."""
    now = int(parts.works.clock().timestamp())
    lasts = int(NOTIFIER_TOKEN_LASTS.total_seconds())
    claims = {
        "iss": parts.settings.ordering_public_url,
        "aud": parts.settings.notifier_public_url,
        "sub": str(me.ref),
        "institution_id": me.institution.id,
        "scope": "alerts",
        "iat": now,
        "exp": now + lasts,
    }
    token = sign_jwt(parts.tokens.current, typ="at+jwt", claims=claims)
    response.headers["Cache-Control"] = "no-store"
    return NotifierToken(token=token, expires_in=lasts, url=parts.settings.notifier_public_url)
