"""Whose card a mass extension reaches, and to which end."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from ordering.eligibility import end_of_day
from ordering.extending import (
    Candidate,
    Extension,
    ExtensionUnusable,
    PreviewOutdated,
    check_start,
    check_until,
    decide,
)

NOW = datetime(2026, 10, 20, 12, tzinfo=UTC)
END = datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)
UNTIL = datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC)
CARD = Candidate(
    student_ref=uuid4(),
    status="active",
    office_hold=False,
    own_end=None,
    order_id=uuid4(),
    valid_until=END,
    holds=(),
    has_ended=False,
)


def test_a_card_that_stands_gets_the_new_end() -> None:
    assert decide(CARD, UNTIL, NOW) == UNTIL


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"order_id": None, "valid_until": None}, "no_card"),
        ({"status": "struck_off"}, "struck_off"),
        ({"status": "graduated"}, "graduated"),
        ({"has_ended": True}, "revoked"),
        ({"status": "suspended"}, "held"),
        ({"office_hold": True}, "held"),
        ({"holds": ("office",)}, "held"),
        ({"holds": ("holder", "system")}, "held"),
        ({"valid_until": NOW - timedelta(days=30, seconds=1)}, "expired_too_long_ago"),
        ({"valid_until": UNTIL}, "ends_later"),
        ({"own_end": END}, "ends_later"),
    ],
)
def test_a_card_that_is_not_extended_has_a_reason(facts: dict[str, Any], reason: str) -> None:
    assert decide(replace(CARD, **facts), UNTIL, NOW) == reason


@pytest.mark.parametrize(
    "facts",
    [{"holds": ("holder",)}, {"valid_until": NOW - timedelta(days=30)}, {"own_end": NOW - timedelta(days=1)}],
    ids=["frozen by its holder", "expired for 30 days", "an own end that is over"],
)
def test_nothing_of_that_keeps_a_card_from_being_extended(facts: dict[str, Any]) -> None:
    assert decide(replace(CARD, **facts), UNTIL, NOW) == UNTIL


def test_a_students_own_end_comes_before_that_of_all() -> None:
    own = END + timedelta(days=30)

    assert decide(replace(CARD, own_end=own), UNTIL, NOW) == own


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2027, 3, 27), "2027-03-27T22:59:59+00:00"),
        (date(2027, 3, 28), "2027-03-28T21:59:59+00:00"),
        (date(2026, 10, 24), "2026-10-24T21:59:59+00:00"),
        (date(2026, 10, 25), "2026-10-25T22:59:59+00:00"),
    ],
)
def test_the_last_day_ends_in_warsaw_also_when_the_clocks_change(day: date, end: str) -> None:
    assert end_of_day(day).isoformat() == end


def may_be_the_end(days: int) -> bool:
    try:
        check_until(end_of_day(NOW.date() + timedelta(days=days)), NOW)
    except ExtensionUnusable:
        return False
    return True


def test_cards_are_extended_to_a_day_to_come_that_is_not_far_away() -> None:
    assert {days: may_be_the_end(days) for days in (-1, 0, 1, 400, 401)} == {
        -1: False,
        0: False,
        1: True,
        400: True,
        401: False,
    }


PREVIEW = Extension(uuid4(), "umcs", UNTIL, "previewed", {}, NOW, None, None, None)


@pytest.mark.parametrize(
    ("extension", "now"),
    [
        (PREVIEW, NOW + timedelta(minutes=15, seconds=1)),
        (replace(PREVIEW, state="cancelled"), NOW),
        (replace(PREVIEW, state="done"), NOW),
    ],
)
def test_only_what_was_just_seen_is_started(extension: Extension, now: datetime) -> None:
    with pytest.raises(PreviewOutdated):
        check_start(extension, now)
