"""What a student does with a card: each act is explained by a page of its own, and done by its button."""

from contextlib import suppress
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from contracts.ordering import CardChange
from ordering import acts, reading
from ordering.callers import OrderOfOwnCard
from ordering.eligibility import blocked_by, check_fresh
from ordering.pages.around import AVisit, TheForm, Visit, see_other
from ordering.pages.placing import Values, facts, form_values, place_or_ask_again, promise
from ordering.problems import CardEnded, CardNotFrozen, OrderOpen
from ordering.views import CardView
from servicekit.accepting import FORM, accepts
from servicekit.refusals import NotFound

router = APIRouter(prefix="/cards/{credential_id}", include_in_schema=False)


@router.get("/freeze")
async def confirm_freezing(order_id: OrderOfOwnCard, visit: AVisit) -> Response:
    return await _confirm(visit, order_id, "freeze.html")


@router.post("/freeze")
@accepts(FORM)
async def freeze(order_id: OrderOfOwnCard, visit: AVisit) -> Response:
    return await _change(visit, order_id, "suspend")


@router.get("/reinstatement")
async def confirm_reinstatement(order_id: OrderOfOwnCard, visit: AVisit) -> Response:
    check_fresh(visit.me.person.signed_in_at, visit.now)
    return await _confirm(visit, order_id, "reinstatement.html")


@router.post("/reinstatement")
@accepts(FORM)
async def reinstate(order_id: OrderOfOwnCard, visit: AVisit) -> Response:
    return await _change(visit, order_id, "reinstate")


@router.get("/revocation")
async def confirm_revocation(order_id: OrderOfOwnCard, visit: AVisit) -> Response:
    check_fresh(visit.me.person.signed_in_at, visit.now)
    return await _confirm(visit, order_id, "revocation.html")


@router.post("/revocation")
@accepts(FORM)
async def revoke(order_id: OrderOfOwnCard, visit: AVisit) -> Response:
    return await _change(visit, order_id, "revoke")


@router.get("/swap")
async def prepare_swap(order_id: OrderOfOwnCard, visit: AVisit) -> Response:
    check_fresh(visit.me.person.signed_in_at, visit.now)
    if isinstance(blocked_by(await reading.past(visit.parts, visit.me), visit.now), OrderOpen):
        return see_other("/")
    values = form_values(visit.me) | facts(visit) | await promise(visit)
    return await _confirm(visit, order_id, "swap.html", values)


@router.post("/swap")
@accepts(FORM)
async def swap(credential_id: UUID, order_id: OrderOfOwnCard, visit: AVisit, form: TheForm) -> Response:
    card = await _card(visit, order_id)
    return await place_or_ask_again(visit, form, "mobile", "swap.html", replaces=credential_id, card=card)


async def _confirm(visit: Visit, order_id: UUID, template: str, values: Values | None = None) -> Response:
    card = await _card(visit, order_id)
    if card.status in ("REVOKED", "REPLACED"):
        return see_other(f"/orders/{order_id}")
    return visit.show(template, {"card": card, **(values or {})})


async def _change(visit: Visit, order_id: UUID, change: CardChange) -> Response:
    """Whoever comes too late sees what became of the card."""
    with suppress(CardEnded, CardNotFrozen):
        await acts.change_card(visit.parts, visit.me, order_id, change)
    return see_other(f"/orders/{order_id}")


async def _card(visit: Visit, order_id: UUID) -> CardView:
    for card in await reading.cards(visit.parts, visit.me):
        if card.order_id == order_id:
            return card
    raise NotFound
