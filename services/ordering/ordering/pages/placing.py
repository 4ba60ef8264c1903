"""Ordering a card: on the phone in one step, in the web portal from *Dla studentów* to the consents.

Nothing is stored before all required consents are given. The key of a form makes sending it twice one order.
"""

import secrets
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.datastructures import FormData
from starlette.responses import Response

from contracts.ordering import Channel
from ordering import acts, reading
from ordering.callers import Me
from ordering.eligibility import check_fresh, needs_fresh_sign_in
from ordering.pages.around import AVisit, TheForm, Visit, see_other
from ordering.problems import CardStands, ConsentsWrong, IdempotencyKeyReused, OrderOpen
from ordering.sealing import open_pesel
from ordering.use_cases.place_order import Wish
from servicekit.accepting import FORM, accepts

router = APIRouter(include_in_schema=False)

Values = dict[str, Any]


@router.get("/for-students")
async def for_students(visit: AVisit) -> Response:
    return visit.show("for_students.html")


@router.get("/order")
async def order(visit: AVisit) -> Response:
    return await _if_possible(visit, "order_form.html")


@router.get("/application")
async def application(visit: AVisit) -> Response:
    return await _if_possible(visit, "application.html")


@router.get("/application/consents")
async def application_consents(visit: AVisit) -> Response:
    return await _if_possible(visit, "application_consents.html")


@router.post("/order")
@accepts(FORM)
async def place(visit: AVisit, form: TheForm) -> Response:
    return await place_or_ask_again(visit, form, "mobile", "order_form.html")


@router.post("/application/consents")
@accepts(FORM)
async def submit(visit: AVisit, form: TheForm) -> Response:
    return await place_or_ask_again(visit, form, "web", "application_consents.html")


async def show_invitation(visit: Visit) -> Response:
    """What a card is and what goes into it; or every reason why it cannot be ordered yet."""
    found = reading.hindrances(visit.parts, visit.me, await reading.past(visit.parts, visit.me))
    if found:
        return visit.show("not_eligible.html", {"obstacles": found})
    return visit.show("invitation.html", facts(visit) | await promise(visit))


async def _if_possible(visit: Visit, template: str) -> Response:
    """The page, unless there is an order or a card already, or a reason why there can be none."""
    past = await reading.past(visit.parts, visit.me)
    found = reading.hindrances(visit.parts, visit.me, past)
    if {one.code for one in found} & {OrderOpen.code, CardStands.code}:
        return see_other("/")
    if found:
        return visit.show("not_eligible.html", {"obstacles": found})
    if needs_fresh_sign_in(past, None, visit.now):
        check_fresh(visit.me.person.signed_in_at, visit.now)
    return visit.show(template, form_values(visit.me) | facts(visit) | await promise(visit))


async def place_or_ask_again(
    visit: Visit,
    form: FormData,
    channel: Channel,
    template: str,
    *,
    replaces: UUID | None = None,
    **more: Any,
) -> Response:
    """To the order; or the form again, with what is missing."""
    wish = Wish(channel, visit.language, _consents(form), replaces)
    key = str(form.get("idempotency_key") or secrets.token_urlsafe(18))[:128]
    try:
        placed = await acts.place(visit.parts, visit.me, wish, key)
    except ConsentsWrong as wrong:
        values = form_values(visit.me, wish, key, wrong) | facts(visit) | await promise(visit) | more
        return visit.show(template, values, status=422)
    except (OrderOpen, CardStands, IdempotencyKeyReused):
        return see_other("/")  # which shows what there is already
    return see_other(f"/orders/{placed.order.order_id}")


def _consents(form: FormData) -> dict[str, str]:
    """Versions by kind."""
    prefix = "consent-"
    given = [(name, value) for name, value in form.multi_items() if name.startswith(prefix)][:32]
    return {name.removeprefix(prefix)[:64]: str(value)[:64] for name, value in given}


def form_values(
    me: Me, wish: Wish | None = None, key: str | None = None, wrong: ConsentsWrong | None = None
) -> Values:
    """What was ticked stays ticked, unless its words have changed meanwhile."""
    extras = wrong.extras if wrong else {}
    outdated = set(extras.get("outdated", ()))
    return {
        "consents": me.institution.consents,
        "ticked": set(wish.consents) - outdated if wish else set(),
        "missing": set(extras.get("missing", ())),
        "outdated": outdated,
        "idempotency_key": key or secrets.token_urlsafe(18),
    }


def facts(visit: Visit) -> Values:
    """What will stand in the card; the PESEL masked but for its end."""
    student = visit.me.student
    pesel = open_pesel(visit.parts.sealers.students, student)
    return {
        "pesel_masked": f"{'•' * 9}{pesel[-2:]}" if pesel else None,
        "valid_until": student.card_end(visit.me.institution.valid_until(visit.now), visit.now),
    }


async def promise(visit: Visit) -> Values:
    return {"usual_wait": await visit.parts.promise.median(visit.parts.works.pool, visit.now)}
