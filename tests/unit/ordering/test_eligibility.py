"""Who may order, by the rules of the institution; and what a second order needs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from ordering.domain import Card, CardEnd, Order
from ordering.eligibility import (
    Past,
    Student,
    check_fresh,
    check_no_other,
    needs_fresh_sign_in,
    why_not,
)
from ordering.problems import CannotReplace, CardStands, FreshSignInNeeded, OrderOpen
from servicekit.institutions import Rules

NOW = datetime(2026, 10, 1, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=100)
CARD = UUID(int=7)
STRICT = Rules(
    statuses=("active",),
    cycles_excluded=("doctoral", "postgraduate"),
    pesel_required=True,
    student_number_required=True,
    photo_required=True,
    unchanged_data_required=True,
    prolonged_plastic_card_required=True,
)
LENIENT = STRICT.model_copy(
    update=dict.fromkeys(
        (
            "pesel_required",
            "student_number_required",
            "photo_required",
            "unchanged_data_required",
            "prolonged_plastic_card_required",
        ),
        False,
    )
)
STUDENT = Student(
    student_ref=UUID(int=1),
    institution_id="umcs",
    subject="anna",
    student_number="123",
    given_names="Anna",
    family_name="Żak",
    birth_date=date(2002, 7, 8),
    pesel_sealed="sealed",
    email="anna@umcs.example",
    status="active",
    programme="Informatyka",
    cycle="first",
    study_kind="full_time",
    plastic_card_valid_until=date(2026, 10, 31),
    data_changed_at=None,
    photo_sha256="ab" * 32,
    card_valid_until=None,
    office_hold=False,
    hold_version=0,
)
NOBODY = replace(
    STUDENT,
    status="struck_off",
    cycle="doctoral",
    pesel_sealed=None,
    student_number="",
    photo_sha256=None,
    data_changed_at=NOW,
    plastic_card_valid_until=None,
)


def order(**changes: object) -> Order:
    placed = Order(UUID(int=2), "umcs", STUDENT.student_ref, NOW, "web", "pl", None, None)
    return replace(placed, **changes)  # type: ignore[arg-type] # any field


def with_card(card: Card) -> Past:
    return Past((order(end="ACTIVATED", credential_id=CARD, card=card),), frozenset())


ACTIVE = Card(issued_at=NOW, valid_until=LATER)


def test_a_student_like_most_may_order() -> None:
    assert why_not(STUDENT, STRICT, NOW) == ()


def test_every_broken_rule_is_named_at_once() -> None:
    assert why_not(NOBODY, STRICT, NOW) == (
        "STATUS_NOT_ACTIVE",
        "CYCLE_NOT_ENTITLED",
        "PESEL_MISSING",
        "STUDENT_NUMBER_MISSING",
        "PHOTO_MISSING",
        "DATA_CHANGED",
        "PLASTIC_CARD_NOT_PROLONGED",
    )


def test_rules_are_data() -> None:
    assert why_not(NOBODY, LENIENT, NOW) == ("STATUS_NOT_ACTIVE", "CYCLE_NOT_ENTITLED")


@pytest.mark.parametrize(
    ("now", "reasons"),
    [
        (datetime(2026, 10, 31, 22, 59, tzinfo=UTC), ()),
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), ("PLASTIC_CARD_NOT_PROLONGED",)),
    ],
)
def test_a_plastic_card_ends_with_its_day_in_warsaw(now: datetime, reasons: tuple[str, ...]) -> None:
    assert why_not(STUDENT, STRICT, now) == reasons


def test_a_card_ends_with_the_semester_unless_the_students_own_end_is_known() -> None:
    assert STUDENT.card_end(LATER, NOW) == LATER
    assert replace(STUDENT, card_valid_until=NOW + timedelta(days=1)).card_end(LATER, NOW) < LATER
    assert replace(STUDENT, card_valid_until=NOW).card_end(LATER, NOW) == LATER


@pytest.mark.parametrize("replaces", [None, CARD])
def test_there_is_one_open_order_at_a_time(replaces: UUID | None) -> None:
    past = Past((order(),), frozenset())

    with pytest.raises(OrderOpen):
        check_no_other(past, replaces, NOW)


def test_a_card_that_stands_can_only_be_followed_by_naming_it() -> None:
    with pytest.raises(CardStands):
        check_no_other(with_card(ACTIVE), None, NOW)
    with pytest.raises(CannotReplace):
        check_no_other(with_card(ACTIVE), UUID(int=8), NOW)
    check_no_other(with_card(ACTIVE), CARD, NOW)
    check_no_other(with_card(replace(ACTIVE, holds=("holder",))), CARD, NOW)


@pytest.mark.parametrize("end", ["REVOKED", "REPLACED"])
def test_an_ended_card_cannot_be_replaced(end: CardEnd) -> None:
    past = with_card(replace(ACTIVE, end=end, ended_at=NOW))

    with pytest.raises(CannotReplace):
        check_no_other(past, CARD, NOW)


@pytest.mark.parametrize(
    ("card", "fresh"),
    [
        (replace(ACTIVE, valid_until=NOW), False),
        (replace(ACTIVE, valid_until=NOW, holds=("holder",)), True),
        (replace(ACTIVE, end="REVOKED", ended_at=NOW - timedelta(hours=23)), True),
        (replace(ACTIVE, end="REVOKED", ended_at=NOW - timedelta(hours=25)), False),
        (replace(ACTIVE, end="REPLACED", ended_at=NOW), False),
    ],
)
def test_a_new_order_after_a_frozen_or_just_revoked_card_needs_a_fresh_sign_in(
    card: Card, fresh: bool
) -> None:
    assert needs_fresh_sign_in(with_card(card), None, NOW) is fresh


def test_a_swap_always_needs_a_fresh_sign_in() -> None:
    assert needs_fresh_sign_in(with_card(ACTIVE), CARD, NOW)


@pytest.mark.parametrize("signed_in_at", [None, NOW - timedelta(minutes=10, seconds=1)])
def test_a_sign_in_that_is_old_or_of_unknown_time_is_not_fresh(signed_in_at: datetime | None) -> None:
    with pytest.raises(FreshSignInNeeded):
        check_fresh(signed_in_at, NOW)
    check_fresh(NOW - timedelta(minutes=10), NOW)
