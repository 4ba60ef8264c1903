"""What alerts there are, and what is decided about them: when to remind, hold back, try again, give up.

Pure: no I/O, no clock, no randomness. What is private about a person never becomes part of an alert.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.base import StreamEvent
from contracts.ordering import Locale
from servicekit.institutions import WARSAW

Kind = Literal[
    "order_received",
    "ready_to_activate",
    "offer_ending",
    "activated",
    "code_locked",
    "order_rejected",
    "order_cancelled",
    "card_suspended",
    "card_reinstated",
    "card_revoked",
    "card_updated",
    "card_extended",
]
Parameters = dict[str, str]
Channel = Literal["email", "push"]
Result = Literal["delivered", "refused", "unavailable", "unwanted", "outdated", "gone"]
State = Literal["pending", "delivered", "failed", "dropped"]

REMINDER_LEAD = timedelta(days=3)
FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(hours=1)

_INBOX_ONLY: frozenset[Kind] = frozenset({"order_received", "card_updated"})
_PUSHED: frozenset[Kind] = frozenset({"ready_to_activate", "activated", "code_locked"})
_CAN_WAIT: frozenset[Kind] = frozenset(
    {"ready_to_activate", "offer_ending", "order_rejected", "order_cancelled", "card_extended"}
)
# Told about all cards of an institution in one night: whatever else is to be sent goes first.
_IN_MASSES: frozenset[Kind] = frozenset({"card_extended"})


class Contact(BaseModel):
    """What is needed to write to a person. The address is there only while e-mail alerts are consented to."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    first_name: str
    email: str | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """A student as reader of alerts."""

    institution_id: str
    student_ref: UUID


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to be told about an order. One cause gives at most one alert of a kind.

    `generation` is that of the offer it speaks of: no news once there is a newer one, or the order ends.
    """

    order_id: UUID
    institution_id: str
    cause: UUID
    kind: Kind
    occurred_at: datetime
    parameters: Parameters
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert in an inbox. Its words are made when it is read."""

    id: UUID
    entry: int
    kind: Kind
    order_id: UUID
    parameters: Parameters
    occurred_at: datetime
    read_at: datetime | None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A daily span of Warsaw time, possibly over midnight, in which what can wait does."""

    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Preferences:
    """When a student wants quiet, and which channels may be used; e-mail needs a consent besides."""

    quiet_hours: QuietHours | None = None
    by_email: bool = True
    by_push: bool = True


@dataclass(frozen=True, slots=True)
class KeptSubscription:
    """A browser that takes notifications, sealed; `key_id` is our key that it trusts."""

    id: UUID
    sealed: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sender has taken on: what to say, to whom, and the lease it holds.

    It is outdated when it speaks of an offer that is not the newest any more, or whose order has moved on;
    unwanted when its recipient has turned off its channel, or this browser.
    """

    channel: Channel
    alert_id: UUID
    order_id: UUID
    institution_id: str
    kind: Kind
    parameters: Parameters
    occurred_at: datetime
    attempt: int
    lease: UUID
    locale: Locale
    contact_sealed: str
    subscription: KeptSubscription | None
    quiet_hours: QuietHours | None
    outdated: bool
    unwanted: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt; `wait` is what the other side asked for before the next one."""

    result: Result
    wait: timedelta = timedelta(0)


def notice(kind: Kind, event: StreamEvent, *, generation: int | None = None, **parameters: str) -> Notice:
    """What is told when this event has happened."""
    return Notice(
        order_id=event.order_id,
        institution_id=event.institution_id,
        cause=event.event_id,
        kind=kind,
        occurred_at=event.occurred_at,
        parameters=parameters,
        generation=generation,
    )


def goes_by_mail(kind: Kind) -> bool:
    return kind not in _INBOX_ONLY


def is_urgent(kind: Kind) -> bool:
    return kind not in _IN_MASSES


def goes_by_push(kind: Kind) -> bool:
    """What a student waits for, and what a stranger with the QR code would cause."""
    return kind in _PUSHED


def reminder_due(ready_at: datetime, expires_at: datetime) -> datetime | None:
    """Three days before the end; never for an offer so short that it would remind of what was just said."""
    due_at = expires_at - REMINDER_LEAD
    return due_at if due_at > ready_at else None


def state_after(result: Result, *, attempt: int, limit: int) -> State:
    match result:
        case "delivered":
            return "delivered"
        case "unwanted" | "outdated":
            return "dropped"
        case "refused" | "gone":
            return "failed"
        case "unavailable":
            return "failed" if attempt >= limit else "pending"


def retry_delay(attempt: int, jitter: float) -> timedelta:
    """Threefold from attempt to attempt up to an hour, then shortened by up to a half; jitter is 0 to 1."""
    longest: timedelta = min(FIRST_RETRY * 3.0 ** min(attempt - 1, 20), LONGEST_RETRY)
    return longest * (1 - jitter / 2)


def next_attempt(outcome: Outcome, attempt: int, jitter: float) -> timedelta:
    """No sooner than the other side asked for, but never later than the longest pause."""
    return max(retry_delay(attempt, jitter), min(outcome.wait, LONGEST_RETRY))


def held_until(kind: Kind, quiet_hours: QuietHours | None, now: datetime) -> datetime | None:
    """When the quiet hours end that hold this alert back now. What protects a card is never held back."""
    if quiet_hours is None or kind not in _CAN_WAIT:
        return None
    local = now.astimezone(WARSAW)
    if not _within(quiet_hours, local.time()):
        return None
    days = 1 if local.time() >= quiet_hours.end else 0
    return datetime.combine(local.date() + timedelta(days=days), quiet_hours.end, WARSAW).astimezone(UTC)


def _within(span: QuietHours, moment: time) -> bool:
    if span.start <= span.end:
        return span.start <= moment < span.end
    return moment >= span.start or moment < span.end
