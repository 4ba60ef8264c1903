"""How orders and cards look from outside. The code is opened here, and only while it can be used."""

from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

import structlog
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import to_jsonable_python

from contracts.base import DeviceLabel, Party
from contracts.ordering import Channel, Locale
from ordering.domain import CardState, Order, State
from ordering.parts import Parts
from ordering.sealing import open_code
from ordering.timeline import Entry, Question
from servicekit.sealing import CannotOpen

log = structlog.get_logger()

_CHANGES = {"revoke", "suspend", "reinstate", "extend", "update"}


class View(BaseModel):
    """What an answer is made of."""

    model_config = ConfigDict(frozen=True)


class EntryView(View):
    """A line of the timeline. `status` is the order's once this was known."""

    number: int
    kind: str
    occurred_at: datetime
    status: State
    details: dict[str, Any]


class ActivationView(View):
    """What has to be put into a wallet."""

    qr_payload: str = Field(repr=False)
    activation_code: str = Field(repr=False)
    deep_link: str = Field(repr=False)
    expires_at: datetime
    attempts_left: int


class CardView(View):
    """A card. `requested`: changes that the issuer has still to answer."""

    credential_id: UUID
    order_id: UUID
    status: CardState | Literal["EXPIRED"]
    issued_at: datetime
    valid_until: datetime
    device_label: DeviceLabel
    holds: tuple[Party, ...]
    requested: tuple[str, ...]


class OrderView(View):
    """An order. `activation` is there while it is READY and no other code is on its way."""

    order_id: UUID
    status: State
    channel: Channel
    locale: Locale
    placed_at: datetime
    replaces: UUID | None
    reasons: tuple[str, ...]
    code_requested: bool
    activation: ActivationView | None
    timeline: list[EntryView]


def entry_view(entry: Entry) -> EntryView:
    return EntryView(
        number=entry.number,
        kind=entry.kind,
        occurred_at=entry.occurred_at,
        status=entry.state,
        details=entry.details,
    )


def order_view(parts: Parts, order: Order, entries: list[Entry]) -> OrderView:
    return OrderView(
        order_id=order.order_id,
        status=order.state,
        channel=order.channel,
        locale=order.locale,
        placed_at=order.placed_at,
        replaces=order.replaces,
        reasons=order.reasons,
        code_requested=order.end is None and order.awaits_code,
        activation=_activation_view(parts, order),
        timeline=[entry_view(entry) for entry in entries if entry.number <= order.last_entry],
    )


def _activation_view(parts: Parts, order: Order) -> ActivationView | None:
    if not order.can_be_activated(parts.works.clock()) or order.offer_id is None or order.expires_at is None:
        return None
    if order.code_sealed is None:
        return None
    try:
        code = open_code(parts.sealers.code, order.institution_id, order.order_id, order.code_sealed)
    except CannotOpen:
        log.warning("activation_code_not_opened", order_id=str(order.order_id))
        return None  # a new code helps
    wallet = parts.settings.wallet_public_url
    return ActivationView(
        qr_payload=qr_payload(wallet, order.offer_id),
        activation_code=code,
        deep_link=f"{wallet}/add#{_offer_uri(wallet, order.offer_id)}",
        expires_at=order.expires_at,
        attempts_left=order.attempts_until_lock,
    )


def _offer_uri(wallet_public_url: str, offer_id: str) -> str:
    return f"{wallet_public_url}/offers/{offer_id}"


def qr_payload(wallet_public_url: str, offer_id: str) -> str:
    """A credential offer by reference, for any wallet that speaks OpenID4VCI."""
    uri = quote(_offer_uri(wallet_public_url, offer_id), safe="")
    return f"openid-credential-offer://?credential_offer_uri={uri}"


def card_view(order: Order, open_questions: set[Question], now: datetime) -> CardView | None:
    card = order.card
    if card.issued_at is None or card.valid_until is None or card.device_label is None:
        return None
    if order.credential_id is None:
        return None
    expired = card.end is None and card.valid_until <= now
    return CardView(
        credential_id=order.credential_id,
        order_id=order.order_id,
        status="EXPIRED" if expired else card.state,
        issued_at=card.issued_at,
        valid_until=card.valid_until,
        device_label=card.device_label,
        holds=card.holds,
        requested=tuple(sorted({question.partition(":")[0] for question in open_questions} & _CHANGES)),
    )


def download(stored: dict[str, Any]) -> JSONResponse:
    """What is stored about somebody, as a file that no cache keeps."""
    headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="legitka.json"'}
    return JSONResponse(to_jsonable_python(stored), headers=headers)
