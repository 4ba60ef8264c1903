"""Decisions about offers, cards and shown codes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from wallet.domain import Attempt, Card, Offer, Redemption, Refusal, judge, refuse

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
ID = UUID(int=1)

OFFER = Offer(
    offer_id="offer",
    order_id=ID,
    institution_id="umcs",
    credential_id=ID,
    configuration_id="card",
    generation=2,
    expires_at=NOON + timedelta(days=30),
    attempts=0,
    ended=None,
    claimed_until=None,
    claim_thumbprint=None,
)
REDEMPTION = Redemption("offer", 2, "12345678", None, "other", None)
CARD = Card(ID, "umcs", {"kty": "EC"}, NOON + timedelta(days=1), None, frozenset())


def test_an_open_offer_lets_an_attempt_be_taken() -> None:
    assert refuse(OFFER, REDEMPTION, NOON) is None


@pytest.mark.parametrize(
    ("offer", "refusal"),
    [
        (None, Refusal.UNKNOWN),
        (replace(OFFER, generation=3), Refusal.UNKNOWN),
        (replace(OFFER, ended="withdrawn"), Refusal.ENDED),
        (replace(OFFER, ended="superseded"), Refusal.ENDED),
        (replace(OFFER, ended="issued"), Refusal.ISSUED),
        (replace(OFFER, expires_at=NOON), Refusal.EXPIRED),
        (replace(OFFER, attempts=5), Refusal.LOCKED),
        (replace(OFFER, configuration_id="diploma"), Refusal.OTHER_CONFIGURATION),
        (replace(OFFER, claimed_until=NOON + timedelta(seconds=1)), Refusal.CLAIMED),
    ],
)
def test_what_keeps_an_offer_from_being_redeemed_is_named(offer: Offer | None, refusal: Refusal) -> None:
    asked = replace(REDEMPTION, configuration_id="card")

    assert refuse(offer, asked, NOON) is refusal


def test_a_lapsed_claim_keeps_nobody_out() -> None:
    assert refuse(replace(OFFER, claimed_until=NOON), REDEMPTION, NOON) is None


def test_expiry_is_told_before_a_lock_and_a_claim() -> None:
    offer = replace(OFFER, expires_at=NOON, attempts=5, claimed_until=NOON + timedelta(minutes=1))

    assert refuse(offer, REDEMPTION, NOON) is Refusal.EXPIRED


@pytest.mark.parametrize(("used", "left"), [(1, 4), (4, 1), (5, 0)])
def test_an_attempt_knows_how_many_are_left(used: int, left: int) -> None:
    assert Attempt(replace(OFFER, attempts=used), "digest", "key").left == left


@pytest.mark.parametrize(
    ("card", "state"),
    [
        (CARD, "active"),
        (replace(CARD, holds=frozenset({"office"})), "suspended"),
        (replace(CARD, valid_until=NOON), "expired"),
        (replace(CARD, valid_until=NOON, holds=frozenset({"office"})), "expired"),
        (replace(CARD, ended="revoked", valid_until=NOON), "revoked"),
        (replace(CARD, ended="replaced", holds=frozenset({"holder"})), "replaced"),
    ],
)
def test_the_state_of_a_card_is_the_worst_that_holds(card: Card, state: str) -> None:
    assert card.state(NOON) == state


@pytest.mark.parametrize("milliseconds", [-30_000, -1, 0, 5_000])
def test_a_code_within_its_window_gives_the_pack(milliseconds: int) -> None:
    now = NOON - timedelta(milliseconds=milliseconds)

    verdict = judge(CARD, b"pack", int(NOON.timestamp()), now)

    assert (verdict.outcome, verdict.pack) == ("valid", b"pack")


@pytest.mark.parametrize("milliseconds", [-30_001, 5_001])
def test_a_code_outside_its_window_gives_nothing_but_the_skew(milliseconds: int) -> None:
    now = NOON - timedelta(milliseconds=milliseconds)

    verdict = judge(CARD, b"pack", int(NOON.timestamp()), now)

    assert verdict.outcome == "too_old"
    assert verdict.pack is None
    assert verdict.clock_skew == timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize(
    ("card", "outcome"),
    [
        (replace(CARD, holds=frozenset({"holder"})), "suspended"),
        (replace(CARD, valid_until=NOON), "expired"),
        (replace(CARD, ended="revoked"), "revoked"),
        (replace(CARD, ended="replaced"), "revoked"),
    ],
)
def test_a_card_that_is_not_active_is_told_without_its_pack(card: Card, outcome: str) -> None:
    verdict = judge(card, b"pack", int(NOON.timestamp()), NOON)

    assert (verdict.outcome, verdict.pack, verdict.valid_until) == (outcome, None, None)
