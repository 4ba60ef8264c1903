"""Own cards: what there is, and asking for it to be revoked, frozen or unfrozen."""

from uuid import UUID

from fastapi import APIRouter, Response

from contracts.ordering import CardChange
from ordering import acts, reading
from ordering.callers import Me, OrderOfOwnCard, TheStudent
from ordering.parts import Parts, TheParts
from ordering.views import CardView
from servicekit.refusals import NotFound

router = APIRouter(prefix="/api/v1/cards", tags=["cards"])


@router.get("", summary="My cards")
async def list_cards(me: TheStudent, parts: TheParts, response: Response) -> list[CardView]:
    """The newest first; `requested` says what the issuer has still to answer."""
    response.headers["Cache-Control"] = "no-store"
    return await reading.cards(parts, me)


@router.post("/{credential_id}/revocation", status_code=202, summary="Revoke my card")
async def revoke(order_id: OrderOfOwnCard, me: TheStudent, parts: TheParts) -> CardView:
    """For good: needs a sign-in of the last ten minutes."""
    return await _change(parts, me, order_id, "revoke")


@router.post("/{credential_id}/suspension", status_code=202, summary="Freeze my card")
async def suspend(order_id: OrderOfOwnCard, me: TheStudent, parts: TheParts) -> CardView:
    """A lost phone: also signs out everywhere else."""
    return await _change(parts, me, order_id, "suspend")


@router.post("/{credential_id}/reinstatement", status_code=202, summary="Unfreeze my card")
async def reinstate(order_id: OrderOfOwnCard, me: TheStudent, parts: TheParts) -> CardView:
    """Needs a sign-in of the last ten minutes: the finder of a phone may be signed in."""
    return await _change(parts, me, order_id, "reinstate")


async def _change(parts: Parts, me: Me, order_id: UUID, change: CardChange) -> CardView:
    await acts.change_card(parts, me, order_id, change)
    for view in await reading.cards(parts, me):
        if view.order_id == order_id:
            return view
    raise NotFound
