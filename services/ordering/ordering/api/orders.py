"""Orders: placing, watching, activating, a new code, cancelling."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator

from contracts.ordering import Channel, Locale
from ordering import acts, qr, reading, store
from ordering.callers import Me, OwnOrder, TheStudent, read_own_order
from ordering.parts import Parts, TheParts
from ordering.problems import CodeExpired, CodeLocked, IdempotencyKeyMissing, OrderClosed, OrderNotReady
from ordering.use_cases.place_order import Wish
from ordering.views import EntryView, OrderView, entry_view, order_view, qr_payload
from servicekit.signin import SignIn
from servicekit.sse import Entry, event_stream

router = APIRouter(prefix="/api/v1/orders", tags=["orders"])

NO_STORE = {"Cache-Control": "no-store"}


class AcceptedConsent(BaseModel):
    """A consent, in the version that was read."""

    model_config = ConfigDict(frozen=True)

    kind: str = Field(max_length=64)
    version: str = Field(max_length=64)


class OrderRequest(BaseModel):
    """What is ordered. `replaces` names the card that the new one is to follow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channel: Channel
    locale: Locale
    consents: tuple[AcceptedConsent, ...] = Field(max_length=32)
    replaces: UUID | None = None

    @field_validator("consents")
    @classmethod
    def _each_once(cls, consents: tuple[AcceptedConsent, ...]) -> tuple[AcceptedConsent, ...]:
        if len({consent.kind for consent in consents}) < len(consents):
            raise ValueError("a consent is given twice")
        return consents

    def wish(self) -> Wish:
        versions = {consent.kind: consent.version for consent in self.consents}
        return Wish(self.channel, self.locale, versions, self.replaces)


# Required, by a refusal of our own that says what it is for.
IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", max_length=128, include_in_schema=False)
]
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "random, the same for a retry",
    "schema": {"type": "string", "maxLength": 128},
}


@router.post("", status_code=201, summary="Order a card", openapi_extra={"parameters": [_IDEMPOTENCY_KEY]})
async def place(
    request: OrderRequest,
    me: TheStudent,
    parts: TheParts,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> OrderView:
    """A retry under the same `Idempotency-Key` gets the same answer."""
    if not idempotency_key:
        raise IdempotencyKeyMissing
    placed = await acts.place(parts, me, request.wish(), idempotency_key)
    response.headers["Location"] = f"/api/v1/orders/{placed.order.order_id}"
    response.headers.update(NO_STORE)
    return order_view(parts, placed.order, [placed.first_line])


@router.get("", summary="My orders")
async def list_orders(me: TheStudent, parts: TheParts, response: Response) -> list[OrderView]:
    """The newest first."""
    async with parts.works.pool.acquire() as connection:
        orders = await store.orders.of_student(connection, me.ref)
        entries = await store.timeline.of_orders(connection, [order.order_id for order in orders])
    response.headers.update(NO_STORE)
    return [
        order_view(parts, order, [entry for entry in entries if entry.order_id == order.order_id])
        for order in orders
    ]


@router.get("/{order_id}", summary="An order, and when READY how to activate")
async def show(order_id: OwnOrder, me: TheStudent, parts: TheParts, response: Response) -> OrderView:
    response.headers.update(NO_STORE)
    return await _view(parts, me, order_id)


async def _view(parts: Parts, me: Me, order_id: UUID) -> OrderView:
    return order_view(parts, *await reading.order(parts, me, order_id))


@router.get("/{order_id}/qr.svg", response_class=Response, summary="The QR as SVG")
async def show_svg(order_id: OwnOrder, me: TheStudent, parts: TheParts) -> Response:
    payload = await _qr_payload(parts, me, order_id)
    return Response(qr.svg(payload), media_type="image/svg+xml", headers=NO_STORE)


@router.get("/{order_id}/qr.png", response_class=Response, summary="The QR as PNG")
async def show_png(order_id: OwnOrder, me: TheStudent, parts: TheParts) -> Response:
    payload = await _qr_payload(parts, me, order_id)
    return Response(qr.png(payload), media_type="image/png", headers=NO_STORE)


async def _qr_payload(parts: Parts, me: Me, order_id: UUID) -> str:
    async with parts.works.pool.acquire() as connection:
        order = await read_own_order(connection, me, order_id)
    if order.end is not None:
        raise OrderClosed
    if order.state == "LOCKED":
        raise CodeLocked
    now = parts.works.clock()
    if order.offer_has_ended(now) and not order.awaits_code:
        raise CodeExpired
    if not order.can_be_activated(now) or order.offer_id is None:
        raise OrderNotReady
    return qr_payload(parts.settings.wallet_public_url, order.offer_id)


@router.get(
    "/{order_id}/events",
    response_class=StreamingResponse,
    summary="An order as it goes on (server-sent events)",
)
async def watch(order_id: OwnOrder, me: TheStudent, parts: TheParts, request: Request) -> StreamingResponse:
    """Server-sent events: an entry of the timeline each, its number as id. Resumes after `Last-Event-ID`."""
    signin: SignIn = request.app.state.signin

    async def read(after: int) -> list[Entry]:
        async with parts.works.pool.acquire() as connection:
            entries = await store.timeline.of_order(connection, order_id, after)
        return [_event(entry_view(entry)) for entry in entries]

    async def still_allowed() -> bool:
        async with parts.works.pool.acquire() as connection:
            owner = await store.orders.owner(connection, order_id)
        return owner == me.ref and await signin.still_signed_in(me.person)

    return event_stream(
        request,
        subscription=parts.changes.subscribe(order_id),
        read=read,
        still_allowed=still_allowed,
        ends_at=me.person.expires_at,
    )


def _event(entry: EntryView) -> Entry:
    return Entry(entry.number, entry.kind, entry.model_dump(mode="json"))


@router.post("/{order_id}/activation-code", status_code=202, summary="Ask for a new activation code")
async def ask_for_new_code(order_id: OwnOrder, me: TheStudent, parts: TheParts) -> OrderView:
    """The old QR and code die with it. At most one a minute and ten a day."""
    await acts.ask_for_new_code(parts, me, order_id)
    return await _view(parts, me, order_id)


@router.post("/{order_id}/cancellation", summary="Cancel an order")
async def cancel(order_id: OwnOrder, me: TheStudent, parts: TheParts) -> OrderView:
    """What is answered here holds: a card made at the same moment is revoked."""
    await acts.cancel(parts, me, order_id)
    return await _view(parts, me, order_id)
