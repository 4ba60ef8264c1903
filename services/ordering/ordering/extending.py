"""Whose cards a mass extension reaches, to which end, and why others are left out. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from contracts.base import Party
from ordering.domain import EXTENDABLE
from ordering.eligibility import end_of_day
from servicekit.institutions import WARSAW, StudentStatus
from servicekit.problems import Problem, Text

State = Literal["previewed", "running", "done", "cancelled"]
Reason = Literal[
    "unknown", "no_card", "struck_off", "graduated", "revoked", "held", "expired_too_long_ago", "ends_later"
]

FARTHEST = timedelta(days=400)
PREVIEW_HOLDS = timedelta(minutes=15)
UNKNOWN_TOLD = 100
# What a stop of the student's rights means; a card that its holder has frozen is extended like any other.
_STOPS: frozenset[Party] = frozenset({"office", "system"})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A student and their newest card, as they are now; without a card all of it is none."""

    student_ref: UUID
    status: StudentStatus
    office_hold: bool
    own_end: datetime | None
    order_id: UUID | None
    valid_until: datetime | None
    holds: tuple[Party, ...]
    has_ended: bool  # or is about to: its revocation was asked for


@dataclass(frozen=True, slots=True)
class Extension:
    """One extension of many cards. What it left out when it was previewed, by reason."""

    extension_id: UUID
    institution_id: str
    until: datetime
    state: State
    left_out: dict[str, int]
    previewed_at: datetime
    started_by: str | None
    started_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many cards were seen in the preview; asked for of the issuer; answered; really end later now."""

    cards: int
    asked: int
    answered: int
    extended: int
    changed_meanwhile: int


@dataclass(frozen=True, slots=True)
class Preview:
    """An extension to look at. `unknown`: the first of the given numbers that nobody has, kept nowhere."""

    extension_id: UUID
    unknown: list[str]


class ExtensionUnusable(Problem):
    status = 422
    code = "EXTENSION_UNUSABLE"
    title = Text("Do tego dnia nie można przedłużyć", "Cards cannot be extended to this day")
    detail = Text(
        "Podaj dzień po dzisiejszym, najwyżej 400 dni naprzód.",
        "Give a day after today, at most 400 days ahead.",
    )


class PreviewOutdated(Problem):
    status = 409
    code = "PREVIEW_OUTDATED"
    title = Text("Ten podgląd jest już nieaktualny", "This preview is out of date")
    detail = Text(
        "Podgląd jest ważny 15 minut i można go uruchomić raz. Zrób nowy i uruchom go.",
        "A preview holds for 15 minutes and can be started once. Make a new one and start that.",
    )


class ExtensionRunning(Problem):
    status = 409
    code = "EXTENSION_RUNNING"
    title = Text("Inne przedłużanie jeszcze trwa", "Another extension is still running")

    def __init__(self, running: UUID) -> None:
        wait = Text(
            f"Poczekaj, aż przedłużanie {running} się skończy, albo je przerwij.",
            f"Wait for the end of {running}, or cancel it.",
        )
        super().__init__(wait, extension_id=str(running))


def check_until(until: datetime, now: datetime) -> None:
    today = now.astimezone(WARSAW).date()
    if not end_of_day(today) < until <= end_of_day(today + FARTHEST):
        raise ExtensionUnusable


def check_start(extension: Extension, now: datetime) -> None:
    """Refused unless it is what somebody has just seen."""
    if extension.state != "previewed" or now > extension.previewed_at + PREVIEW_HOLDS:
        raise PreviewOutdated


def decide(candidate: Candidate, until: datetime, now: datetime) -> datetime | Reason:
    """The end that the card gets, or why it gets none. A student's own end comes before that of all."""
    if candidate.status in ("struck_off", "graduated"):
        return candidate.status
    if candidate.order_id is None or candidate.valid_until is None:
        return "no_card"
    if candidate.has_ended:
        return "revoked"
    if candidate.status == "suspended" or candidate.office_hold or not _STOPS.isdisjoint(candidate.holds):
        return "held"
    if candidate.valid_until + EXTENDABLE < now:
        return "expired_too_long_ago"
    own = candidate.own_end
    end = own if own is not None and own > now else until
    return end if end > candidate.valid_until else "ends_later"
