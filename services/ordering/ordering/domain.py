"""Orders and the cards they lead to: their states, what may be done in them, and what a fact changes.

Pure: no I/O, no clock, no ids. A fact of another service is always recorded, whatever came before it; a
command can be refused. The state follows from what is known: facts of different topics may come in any order.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts.base import DeviceLabel, Party
from contracts.issuer import (
    CardExtended,
    CardIssued,
    CardReinstated,
    CardReplaced,
    CardRevoked,
    CardSuspended,
    CredentialReady,
    CredentialRejected,
    OfferWithdrawn,
)
from contracts.ordering import CardChange, Channel, Locale
from contracts.wallet import ActivationFailed, ActivationLocked
from ordering.problems import (
    CardEnded,
    CardNotFrozen,
    CodeNotYetPossible,
    OrderClosed,
    OrderNotReady,
    TooManyNewCodes,
)

State = Literal["PLACED", "READY", "LOCKED", "ACTIVATED", "REJECTED", "CANCELLED", "EXPIRED"]
End = Literal["ACTIVATED", "REJECTED", "CANCELLED", "EXPIRED"]
CardState = Literal["ACTIVE", "SUSPENDED", "REVOKED", "REPLACED"]
CardEnd = Literal["REVOKED", "REPLACED"]

WRONG_CODES_UNTIL_LOCK = 5  # of one activation code, on the whole platform
OPEN: frozenset[State] = frozenset({"PLACED", "READY", "LOCKED"})
# The wallet refuses at once; what it accepted just before may be on its way.
GRACE_AFTER_EXPIRY = timedelta(hours=1)
# An extension may come late: so long the issuer keeps what a card is made of.
EXTENDABLE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of the card of an order; `issued_at` is none until it exists."""

    issued_at: datetime | None = None
    valid_until: datetime | None = None
    device_label: DeviceLabel | None = None
    holds: tuple[Party, ...] = ()
    holds_number: int = 0
    end: CardEnd | None = None
    ended_at: datetime | None = None

    @property
    def state(self) -> CardState:
        return self.end or ("SUSPENDED" if self.holds else "ACTIVE")

    @property
    def stands(self) -> bool:
        return self.issued_at is not None and self.end is None

    def can_be_renewed(self, now: datetime) -> bool:
        """Whether it stands, and is not past its end for so long that nothing can bring it back."""
        return self.stands and (self.valid_until is None or now <= self.valid_until + EXTENDABLE)


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its card. `generation` is the newest asked for, `offered` the newest that is offered."""

    order_id: UUID
    institution_id: str
    student_ref: UUID
    placed_at: datetime
    channel: Channel
    locale: Locale
    replaces: UUID | None
    photo_sha256: str | None
    end: End | None = None
    reasons: tuple[str, ...] = ()
    generation: int = 1
    offered: int = 0
    credential_id: UUID | None = None
    offer_id: str | None = field(default=None, repr=False)
    code_sealed: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    attempts_of: int = 0
    attempts_left: int | None = None
    last_entry: int = 0
    card: Card = Card()

    @property
    def state(self) -> State:
        if self.end is not None:
            return self.end
        if not self.offered:
            return "PLACED"
        return "READY" if self.attempts_until_lock else "LOCKED"

    def can_be_activated(self, now: datetime) -> bool:
        """Whether its newest code works, as far as is known."""
        return self.state == "READY" and not self.awaits_code and not self.offer_has_ended(now)

    def offer_has_ended(self, now: datetime) -> bool:
        """From then on the wallet refuses; the order itself ends a grace later."""
        return self.expires_at is not None and self.expires_at <= now

    @property
    def attempts_until_lock(self) -> int:
        """How many wrong codes the newest offer still bears, as far as the wallet has told."""
        if self.attempts_of == self.offered and self.attempts_left is not None:
            return self.attempts_left
        return WRONG_CODES_UNTIL_LOCK

    @property
    def awaits_code(self) -> bool:
        return self.offered > 0 and self.generation > self.offered


def as_placed(order: Order) -> Order:
    """The order as it was at first, whatever has happened since."""
    return Order(
        order_id=order.order_id,
        institution_id=order.institution_id,
        student_ref=order.student_ref,
        placed_at=order.placed_at,
        channel=order.channel,
        locale=order.locale,
        replaces=order.replaces,
        photo_sha256=order.photo_sha256,
        last_entry=1,
    )


# Commands ---------------------------------------------------------------------------------------


def cancel(order: Order) -> Order:
    if order.end is not None:
        raise OrderClosed
    return _ended(order, "CANCELLED")


def ask_for_code(
    order: Order, now: datetime, asked: list[datetime], *, pause: timedelta, a_day: int
) -> Order:
    """`asked`: when codes of this order were asked for in the last 24 hours, the newest last."""
    if order.end is not None:
        raise OrderClosed
    if not order.offered:
        raise OrderNotReady
    if asked and now - asked[-1] < pause:
        raise CodeNotYetPossible(asked[-1] + pause - now)
    if len(asked) >= a_day:
        raise TooManyNewCodes(asked[-a_day] + timedelta(days=1) - now)
    return replace(order, generation=order.generation + 1)


def expire(order: Order, now: datetime) -> Order:
    """Refused as long as the offer, or one that was asked for, can still be activated."""
    if order.end is not None:
        raise OrderClosed
    if order.expires_at is None or order.awaits_code or now < order.expires_at + GRACE_AFTER_EXPIRY:
        raise OrderNotReady
    return _ended(order, "EXPIRED")


def check_change(card: Card, change: CardChange, *, being_frozen: bool) -> None:
    """Whether its holder may ask for this change. Freezing and revoking are open to whoever has a card."""
    if not card.stands:
        raise CardEnded
    if change == "reinstate" and not ("holder" in card.holds or being_frozen):
        raise CardNotFrozen


# Facts of the issuer ------------------------------------------------------------------------------


def offered(order: Order, event: CredentialReady) -> Order:
    """An offer of the generation that is offered already was made anew, after a restore of the issuer."""
    order = replace(order, credential_id=event.credential_id)
    if order.end is not None or event.generation < order.offered:
        return order
    return replace(
        order,
        offered=event.generation,
        generation=max(order.generation, event.generation),
        offer_id=event.offer_id,
        code_sealed=event.activation_code_sealed,
        expires_at=event.expires_at,
    )


def rejected(order: Order, event: CredentialRejected) -> Order:
    return order if order.end else replace(_ended(order, "REJECTED"), reasons=event.reasons)


def withdrawn(order: Order, event: OfferWithdrawn) -> Order:
    return replace(order, code_sealed=None) if event.generation >= order.offered else order


def issued(order: Order, event: CardIssued) -> Order:
    """The card exists, whatever became of the order; of a cancelled one the issuer revokes it."""
    card = replace(
        order.card,
        issued_at=event.occurred_at,
        valid_until=event.valid_until,
        device_label=event.device_label,
    )
    end: End = "CANCELLED" if order.end == "CANCELLED" else "ACTIVATED"
    return replace(_ended(order, end), credential_id=event.credential_id, card=card)


def held(order: Order, event: CardSuspended | CardReinstated, number: int) -> Order:
    """The holds that the newest event tells: one that passed ahead is not undone by an older one."""
    if number <= order.card.holds_number:
        return order
    return replace(order, card=replace(order.card, holds=event.holds, holds_number=number))


def card_ended(order: Order, event: CardRevoked | CardReplaced) -> Order:
    return end_card(order, "REVOKED" if isinstance(event, CardRevoked) else "REPLACED", event.occurred_at)


def end_card(order: Order, end: CardEnd, at: datetime) -> Order:
    if order.card.end is not None:
        return order
    return replace(order, card=replace(order.card, end=end, ended_at=at))


def extended(order: Order, event: CardExtended) -> Order:
    return replace(order, card=replace(order.card, valid_until=event.valid_until))


# Facts of the wallet ------------------------------------------------------------------------------


def attempted(order: Order, event: ActivationFailed | ActivationLocked) -> Order:
    """Kept even before the offer is known; attempts of an older generation no longer count."""
    if event.generation < order.attempts_of:
        return order
    return replace(order, attempts_of=event.generation, attempts_left=event.attempts_left)


def _ended(order: Order, end: End) -> Order:
    """An order that has ended has no code any more."""
    return replace(order, end=end, code_sealed=None)
