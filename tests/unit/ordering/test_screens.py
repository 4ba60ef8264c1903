"""Which steps a timeline shows: what was, what is, what is to come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from ordering.domain import Card, Order, State
from ordering.pages.screens import screen_of, steps_of
from ordering.timeline import Entry

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
PLACED = Order(
    order_id=uuid4(),
    institution_id="umcs",
    student_ref=uuid4(),
    placed_at=NOON,
    channel="web",
    locale="pl",
    replaces=None,
    photo_sha256=None,
)
READY = replace(PLACED, offered=1)


def entry(kind: str, seconds: int, state: State = "READY", /, **details: Any) -> Entry:
    at = NOON + timedelta(seconds=seconds)
    return Entry(PLACED.order_id, seconds, uuid4(), kind, at, state, details)


def told(order: Order, *entries: Entry) -> list[tuple[str, str, int | None]]:
    """Name, state and second of each step."""
    steps = steps_of(order, [entry("order_placed", 0, "PLACED"), *entries])
    return [(step.name, step.state, (step.at - NOON).seconds if step.at else None) for step in steps]


def test_from_placed_to_ready_it_is_being_issued() -> None:
    assert told(PLACED) == [
        ("placed", "done", 0),
        ("issuing", "now", None),
        ("ready", "waiting", None),
        ("alerted", "waiting", None),
        ("activated", "waiting", None),
    ]


def test_once_ready_it_is_the_students_turn() -> None:
    assert told(READY, entry("credential_ready", 3)) == [
        ("placed", "done", 0),
        ("issuing", "done", None),
        ("ready", "done", 3),
        ("alerted", "waiting", None),
        ("activated", "now", None),
    ]


def test_an_alert_names_every_channel_once() -> None:
    alerts = [
        entry("alert_delivered", second, kind="ready_to_activate", channel=channel)
        for second, channel in [(4, "inbox"), (5, "email"), (6, "email")]
    ]
    other = entry("alert_delivered", 1, kind="order_received", channel="inbox")

    steps = steps_of(READY, [other, entry("credential_ready", 3), *alerts])

    [alerted] = [step for step in steps if step.name == "alerted"]
    assert (alerted.at, alerted.channels) == (NOON + timedelta(seconds=4), ("inbox", "email"))


def test_a_locked_code_stands_between_the_student_and_the_card() -> None:
    locked = replace(READY, attempts_of=1, attempts_left=0)

    assert told(locked, entry("credential_ready", 3), entry("activation_locked", 9, "LOCKED"))[-2:] == [
        ("locked", "failed", 9),
        ("activated", "waiting", None),
    ]


def test_an_order_that_ended_has_nothing_to_come() -> None:
    cancelled = replace(PLACED, end="CANCELLED")

    assert told(cancelled, entry("order_cancelled", 7, "CANCELLED")) == [
        ("placed", "done", 0),
        ("cancelled", "failed", 7),
    ]


def test_an_activated_order_is_done_even_if_the_offer_was_never_told() -> None:
    card = Card(issued_at=NOON + timedelta(seconds=8), valid_until=NOON, device_label="android")

    assert told(replace(PLACED, end="ACTIVATED", card=card)) == [
        ("placed", "done", 0),
        ("issuing", "done", None),
        ("activated", "done", 8),
    ]


def test_a_ready_order_whose_code_cannot_be_shown_offers_a_new_one() -> None:
    assert screen_of(READY, None, None) == "code_ended"
    assert screen_of(replace(READY, generation=2), None, None) == "new_code"
