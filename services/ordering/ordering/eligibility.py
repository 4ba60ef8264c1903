"""Who may order a card, by the rules of the institution, and what has to be accepted for it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from ordering.domain import OPEN, Order
from ordering.problems import (
    CannotReplace,
    CardStands,
    ConsentsWrong,
    FreshSignInNeeded,
    NotEligible,
    OrderOpen,
    TooManyOrders,
)
from servicekit.institutions import (
    END_OF_DAY,
    WARSAW,
    ConsentText,
    Cycle,
    Institution,
    Reason,
    Rules,
    StudentStatus,
)
from servicekit.problems import Text

FRESH_SIGN_IN = timedelta(minutes=10)
DAY = timedelta(days=1)
JUST_REVOKED = DAY


@dataclass(frozen=True, slots=True)
class Student:
    """A student as imported. The PESEL is opened only for the issuer, and for the student."""

    student_ref: UUID
    institution_id: str
    subject: str = field(repr=False)
    student_number: str = field(repr=False)
    given_names: str = field(repr=False)
    family_name: str = field(repr=False)
    birth_date: date = field(repr=False)
    pesel_sealed: str | None = field(repr=False)
    email: str = field(repr=False)
    status: StudentStatus
    programme: str
    cycle: Cycle
    study_kind: str
    plastic_card_valid_until: date | None
    data_changed_at: datetime | None
    photo_sha256: str | None
    card_valid_until: datetime | None
    office_hold: bool
    hold_version: int
    rights_until: datetime | None = None  # of a graduate; none for everybody else

    def keeps_card(self, now: datetime) -> bool:
        """Students do, and graduates as long as the law leaves them a student's rights."""
        if self.status == "graduated":
            return self.rights_until is not None and now <= self.rights_until
        return self.status != "struck_off"

    def shown(self) -> tuple[object, ...]:
        """What a card shows of the person: when it changes, cards are made anew."""
        names = (self.given_names, self.family_name)
        studies = (self.student_number, self.programme, self.cycle)
        return *names, self.birth_date, self.pesel_sealed, self.photo_sha256, *studies

    def card_end(self, semester_end: datetime, now: datetime) -> datetime:
        """When a card made now ends: with the semester, unless the student's own end is known."""
        if self.rights_until is not None:
            return self.rights_until
        own = self.card_valid_until
        return own if own is not None and own > now else semester_end


def end_of_day(day: date) -> datetime:
    """The last second of a day in Warsaw, in UTC."""
    return datetime.combine(day, END_OF_DAY, WARSAW).astimezone(UTC)


def rights_end(cycle: Cycle, graduated_on: date) -> datetime | None:
    """By law (art. 109), rights last to 31 October after the first cycle, and end with any other."""
    last_day = date(graduated_on.year, 10, 31)
    return end_of_day(last_day) if cycle == "first" and graduated_on <= last_day else None


def why_not(student: Student, rules: Rules, now: datetime) -> tuple[Reason, ...]:
    """Every reason at once why this student may not order; none means that they may."""
    return tuple(reason for reason, broken in _broken(student, rules, now) if broken)


def _broken(student: Student, rules: Rules, now: datetime) -> Iterator[tuple[Reason, bool]]:
    plastic_until = student.plastic_card_valid_until
    prolonged = plastic_until is not None and plastic_until >= now.astimezone(WARSAW).date()
    yield "STATUS_NOT_ACTIVE", student.status not in rules.statuses
    yield "CYCLE_NOT_ENTITLED", student.cycle in rules.cycles_excluded
    yield "PESEL_MISSING", rules.pesel_required and student.pesel_sealed is None
    yield "STUDENT_NUMBER_MISSING", rules.student_number_required and not student.student_number
    yield "PHOTO_MISSING", rules.photo_required and student.photo_sha256 is None
    yield "DATA_CHANGED", rules.unchanged_data_required and student.data_changed_at is not None
    yield "PLASTIC_CARD_NOT_PROLONGED", rules.prolonged_plastic_card_required and not prolonged


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why somebody may not order, and how it is mended."""

    code: str
    text: Text
    cure: Text


def obstacles(student: Student, institution: Institution, now: datetime) -> list[Obstacle]:
    reasons = why_not(student, institution.rules, now)
    return [
        Obstacle(code, institution.reasons[code].text, institution.reasons[code].cure) for code in reasons
    ]


def check_eligible(student: Student, institution: Institution, now: datetime) -> None:
    if found := obstacles(student, institution, now):
        raise NotEligible(reasons=[{"code": one.code, "text": one.text, "cure": one.cure} for one in found])


def check_consents(institution: Institution, given: Mapping[str, str]) -> None:
    """`given`: versions by kind. Required ones must be there, all of them current and known."""
    current: dict[str, ConsentText] = {consent.kind: consent for consent in institution.consents}
    unknown = sorted(given.keys() - current.keys())
    outdated = sorted(kind for kind in given.keys() & current.keys() if given[kind] != current[kind].version)
    missing = sorted(kind for kind, consent in current.items() if consent.required and kind not in given)
    if unknown or outdated or missing:
        raise ConsentsWrong(missing=missing, outdated=outdated, unknown=unknown)


@dataclass(frozen=True, slots=True)
class Past:
    """The orders of one student, the newest first, and those whose cards are to be revoked already."""

    orders: tuple[Order, ...]
    being_revoked: frozenset[UUID]

    def standing(self, now: datetime) -> Iterator[Order]:
        """Orders whose card may still be shown: not ended, not past its end, not about to be revoked."""
        for order in self.orders:
            until = order.card.valid_until
            if (
                order.card.stands
                and order.order_id not in self.being_revoked
                and (until is None or until > now)
            ):
                yield order


def check_no_other(past: Past, replaces: UUID | None, now: datetime) -> None:
    """One order at a time, and a second card only as the successor of a named one."""
    other = blocked_by(past, now)
    if replaces is None or isinstance(other, OrderOpen):
        if other is not None:
            raise other
    elif replaces not in {order.credential_id for order in past.standing(now)}:
        raise CannotReplace


def blocked_by(past: Past, now: datetime) -> OrderOpen | CardStands | None:
    """What stands in the way of a first card."""
    if opened := next((order for order in past.orders if order.state in OPEN), None):
        return OrderOpen(order_id=str(opened.order_id))
    if standing := next(past.standing(now), None):
        return CardStands(credential_id=str(standing.credential_id))
    return None


def too_many_orders(past: Past, a_day: int, now: datetime) -> TooManyOrders | None:
    """Whoever cancels and orders again gets no more codes than the day allows."""
    recent = [order.placed_at for order in past.orders if now - order.placed_at < DAY]
    return TooManyOrders(recent[a_day - 1] + DAY - now) if len(recent) >= a_day else None


def needs_fresh_sign_in(past: Past, replaces: UUID | None, now: datetime) -> bool:
    """The finder of a phone may be signed in: a new card while one is frozen or just revoked needs more."""
    return replaces is not None or any(_frozen_or_just_revoked(order, past, now) for order in past.orders)


def _frozen_or_just_revoked(order: Order, past: Past, now: datetime) -> bool:
    card = order.card
    if card.end is not None:
        return card.end == "REVOKED" and card.ended_at is not None and now - card.ended_at < JUST_REVOKED
    return order.order_id in past.being_revoked or bool(card.holds)


def check_fresh(signed_in_at: datetime | None, now: datetime) -> None:
    """A sign-in whose time is not known is not fresh."""
    if signed_in_at is None or now - signed_in_at > FRESH_SIGN_IN:
        raise FreshSignInNeeded(max_age=int(FRESH_SIGN_IN.total_seconds()))
