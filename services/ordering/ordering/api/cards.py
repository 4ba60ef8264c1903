"""Own cards: what there is, and asking for it to be revoked, frozen or unfrozen."""

from uuid import UUID

from fastapi import APIRouter, Response

from contracts.ordering import CardChange
from eventing import UnitOfWork
from ordering import store
from ordering.api.callers import Me, OrderOfOwnCard, TheStudent
from ordering.api.views import CardView, card_view
from ordering.parts import Parts, TheParts
from ordering.use_cases.request_card_change import request_card_change
from servicekit.refusals import NotFound
from servicekit.sessions import end_other_sessions, end_sessions_of
from servicekit.signin import Person

router = APIRouter(prefix="/api/v1/cards", tags=["cards"])


@router.get("", summary="My cards")
async def list_cards(me: TheStudent, parts: TheParts, response: Response) -> list[CardView]:
    """The newest first; `requested` says what the issuer has still to answer."""
    response.headers["Cache-Control"] = "no-store"
    return await _views(parts, me)


@router.post("/{credential_id}/revocation", status_code=202, summary="Revoke my card")
async def revoke(order_id: OrderOfOwnCard, me: TheStudent, parts: TheParts) -> CardView:
    """For good."""
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
    async with parts.works.begin() as work:
        await request_card_change(work, me.ref, order_id, change, signed_in_at=me.person.signed_in_at)
        if change == "suspend":
            await _sign_out_elsewhere(work, me.person)
        work.after_commit(lambda: parts.changes.touch(order_id))
    for view in await _views(parts, me):
        if view.order_id == order_id:
            return view
    raise NotFound


async def _sign_out_elsewhere(work: UnitOfWork, person: Person) -> None:
    if person.session is not None:
        await end_other_sessions(work.connection, person.session)
    else:
        await end_sessions_of(work.connection, person.institution_id, person.subject)


async def _views(parts: Parts, me: Me) -> list[CardView]:
    async with parts.works.pool.acquire() as connection:
        orders = await store.orders.of_student(connection, me.ref)
        asked = await store.questions.open_of(connection, [order.order_id for order in orders])
    now = parts.works.clock()
    views = (card_view(order, asked.get(order.order_id, set()), now) for order in orders)
    return [view for view in views if view is not None]
