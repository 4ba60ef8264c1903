"""Which screen an order has, and the steps of its timeline. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ordering.domain import Order
from ordering.timeline import Entry
from ordering.views import ActivationView, CardView

Screen = Literal[
    "in_progress",
    "new_code",
    "ready",
    "code_ended",
    "locked",
    "rejected",
    "cancelled",
    "expired",
    "active",
    "frozen",
    "suspended",
    "card_expired",
    "revoked",
    "replaced",
]
StepName = Literal[
    "placed", "issuing", "ready", "alerted", "activated", "locked", "rejected", "cancelled", "expired"
]
StepState = Literal["done", "now", "waiting", "failed"]

_ENDS: dict[str, tuple[Screen, StepName, set[str]]] = {
    "REJECTED": ("rejected", "rejected", {"credential_rejected", "offer_withdrawn"}),
    "CANCELLED": ("cancelled", "cancelled", {"order_cancelled"}),
    "EXPIRED": ("expired", "expired", {"order_expired"}),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the timeline; `channels` are those by which an alert has come."""

    name: StepName
    state: StepState
    at: datetime | None = None
    channels: tuple[str, ...] = ()


def screen_of(order: Order, activation: ActivationView | None, card: CardView | None) -> Screen:
    if card is not None and order.end in ("ACTIVATED", "CANCELLED"):
        return _screen_of_card(card)
    if order.end is not None:
        return _ENDS[order.end][0]
    if order.awaits_code:
        return "new_code"
    if activation is not None:
        return "ready"
    if order.state == "LOCKED":
        return "locked"
    return "code_ended" if order.offered else "in_progress"


def _screen_of_card(card: CardView) -> Screen:
    match card.status:
        case "REVOKED":
            return "revoked"
        case "REPLACED":
            return "replaced"
        case "EXPIRED":
            return "card_expired"
        case "SUSPENDED":
            return "frozen" if card.holds == ("holder",) else "suspended"
    return "active"


def steps_of(order: Order, entries: list[Entry]) -> list[Step]:
    """What has come to pass, what is going on, what is still to come."""
    ready_at = _first(entries, {"credential_ready"})
    steps = [Step("placed", "done", order.placed_at), *_issuing(order, ready_at)]
    if ready_at is not None:
        steps.append(Step("ready", "done", ready_at))
        steps += _alerted(order, entries)
    if order.card.issued_at is not None:
        return [*steps, Step("activated", "done", order.card.issued_at)]
    if order.end is not None and order.end in _ENDS:
        _, name, kinds = _ENDS[order.end]
        return [*steps, Step(name, "failed", _last(entries, kinds))]
    return steps + _to_come(order, entries, ready_at)


def _issuing(order: Order, ready_at: datetime | None) -> list[Step]:
    """It has no time of its own; an order that ended before has no such step."""
    if ready_at is not None or order.card.issued_at is not None:
        return [Step("issuing", "done")]
    return [] if order.end is not None else [Step("issuing", "now")]


def _alerted(order: Order, entries: list[Entry]) -> list[Step]:
    told = [
        entry
        for entry in entries
        if entry.kind == "alert_delivered" and entry.details.get("kind") == "ready_to_activate"
    ]
    if told:
        channels = dict.fromkeys(str(entry.details["channel"]) for entry in told)
        return [Step("alerted", "done", told[0].occurred_at, tuple(channels))]
    return [] if order.end is not None else [Step("alerted", "waiting")]


def _to_come(order: Order, entries: list[Entry], ready_at: datetime | None) -> list[Step]:
    if ready_at is None:
        return [Step("ready", "waiting"), Step("alerted", "waiting"), Step("activated", "waiting")]
    if order.state == "LOCKED":
        return [Step("locked", "failed", _last(entries, {"activation_locked"})), Step("activated", "waiting")]
    return [Step("activated", "now")]


def _first(entries: Iterable[Entry], kinds: set[str]) -> datetime | None:
    return next((entry.occurred_at for entry in entries if entry.kind in kinds), None)


def _last(entries: list[Entry], kinds: set[str]) -> datetime | None:
    return _first(reversed(entries), kinds)
