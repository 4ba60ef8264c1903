"""Facts about orders, told by ordering."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Code, Generation, Party, Sealed, StreamEvent, UtcDatetime

Channel = Literal["mobile", "web"]
Locale = Literal["pl", "en"]
CancelReason = Literal["student", "office", "ineligible"]
CardChange = Literal["revoke", "suspend", "reinstate", "extend", "update"]


class OrderPlaced(StreamEvent):
    """A student has ordered a card."""

    student_ref: UUID
    channel: Channel
    locale: Locale
    replaces: UUID | None
    office_hold: bool
    hold_version: int
    holder_sealed: Sealed = Field(repr=False, description="sealed for the issuer")
    contact_sealed: Sealed = Field(repr=False, description="sealed for the notifier")


class ActivationCodeRequested(StreamEvent):
    """A new activation code is wanted, and with it a new generation of the offer."""

    generation: Generation


class OrderCancelled(StreamEvent):
    """The order is withdrawn, and with it the offer or the card it led to."""

    reason: CancelReason


class OrderExpired(StreamEvent):
    """The offer ended before anybody activated it."""


class CardChangeRequested(StreamEvent):
    """Somebody wants a card changed. The issuer's answer alone changes it.

    Without a card it is a hold of the office on an order whose offer is still to come.
    """

    credential_id: UUID | None
    student_ref: UUID
    change: CardChange
    by: Party
    hold_version: int | None
    actor_ref: str | None
    reason: Code | None
    valid_until: UtcDatetime | None
    holder_sealed: Sealed | None = Field(repr=False, description="sealed for the issuer")


class ContactChanged(StreamEvent):
    """Alerts about this order go elsewhere, or in another language, from now on."""

    locale: Locale
    contact_sealed: Sealed = Field(repr=False, description="sealed for the notifier")


class OrderErased(StreamEvent):
    """Everything that is known about the person behind the order is to be deleted."""
