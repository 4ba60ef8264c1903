"""When to remind, to hold back, to try again, and to give up."""

from datetime import UTC, datetime, time, timedelta

import pytest

from notifier.domain import (
    LONGEST_RETRY,
    QuietHours,
    held_until,
    reminder_due,
    retry_delay,
    state_after,
)

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
NIGHT = QuietHours(time(22), time(7))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc] # year, month, day, hour, minute


def test_a_reminder_is_due_three_days_before_the_end() -> None:
    assert reminder_due(NOON, NOON + timedelta(days=30)) == NOON + timedelta(days=27)


def test_an_offer_of_three_days_has_no_reminder() -> None:
    assert reminder_due(NOON, NOON + timedelta(days=3)) is None


def test_retries_grow_threefold_up_to_an_hour() -> None:
    delays = [retry_delay(attempt, jitter=0).total_seconds() for attempt in range(1, 9)]

    assert delays == [5, 15, 45, 135, 405, 1215, 3600, 3600]
    assert retry_delay(10_000, jitter=0) == LONGEST_RETRY


def test_jitter_shortens_a_delay_by_up_to_a_half() -> None:
    assert retry_delay(1, jitter=1) == timedelta(seconds=2.5)


def test_trouble_on_the_way_is_tried_again_until_the_last_attempt() -> None:
    assert state_after("unavailable", attempt=11, limit=12) == "pending"
    assert state_after("unavailable", attempt=12, limit=12) == "failed"


def test_a_refusal_is_final_at_once_and_a_missing_consent_is_no_failure() -> None:
    assert state_after("refused", attempt=1, limit=12) == "failed"
    assert state_after("unwanted", attempt=1, limit=12) == "dropped"


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (utc(2026, 7, 1, 19, 59), None),
        (utc(2026, 7, 1, 20, 0), utc(2026, 7, 2, 5, 0)),
        (utc(2026, 7, 2, 4, 59), utc(2026, 7, 2, 5, 0)),
        (utc(2026, 7, 2, 5, 0), None),
        (utc(2026, 10, 24, 21, 0), utc(2026, 10, 25, 6, 0)),
        (utc(2026, 10, 25, 1, 30), utc(2026, 10, 25, 6, 0)),
        (utc(2027, 3, 27, 22, 0), utc(2027, 3, 28, 5, 0)),
    ],
    ids=[
        "before",
        "first",
        "last",
        "after",
        "into winter time",
        "in the hour told twice",
        "into summer time",
    ],
)
def test_quiet_hours_over_midnight_follow_the_clock_on_the_wall(now: datetime, end: datetime | None) -> None:
    assert held_until("ready_to_activate", NIGHT, now) == end


def test_quiet_hours_within_a_day_end_on_that_day() -> None:
    siesta = QuietHours(time(13), time(15))

    assert held_until("offer_ending", siesta, utc(2026, 7, 1, 11, 30)) == utc(2026, 7, 1, 13, 0)
    assert held_until("offer_ending", siesta, utc(2026, 7, 1, 13, 0)) is None


@pytest.mark.parametrize(
    "kind", ["activated", "code_locked", "card_suspended", "card_reinstated", "card_revoked"]
)
def test_what_protects_a_card_is_never_held_back(kind: str) -> None:
    assert held_until(kind, NIGHT, utc(2026, 7, 1, 22, 0)) is None  # type: ignore[arg-type] # one of Kind
