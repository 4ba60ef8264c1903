"""Codes and receipts are believed by their MAC, for as long as they say."""

from datetime import UTC, datetime, timedelta

import pytest

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing, RingKey
from wallet.codes import (
    hash_subject,
    make_pre_authorized_code,
    make_terms_receipt,
    read_pre_authorized_code,
    read_terms_receipt,
)

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
OFFER_ID = to_base64url(bytes(range(24)))
RING = KeyRing.single("a", b"a" * 32)
OTHER = KeyRing.single("b", b"b" * 32)
ROTATED = KeyRing(OTHER.current, {"b": OTHER.current, "a": RingKey("a", b"a" * 32)})


def test_a_code_names_its_offer_and_generation() -> None:
    code = make_pre_authorized_code(RING, OFFER_ID, 7, NOON)

    assert read_pre_authorized_code(RING, code, NOON) == (OFFER_ID, 7)


def test_a_code_ends_after_fifteen_minutes() -> None:
    code = make_pre_authorized_code(RING, OFFER_ID, 7, NOON)

    assert read_pre_authorized_code(RING, code, NOON + timedelta(minutes=14, seconds=59)) is not None
    assert read_pre_authorized_code(RING, code, NOON + timedelta(minutes=15)) is None


def test_a_code_outlives_a_change_of_keys_but_not_the_loss_of_its_own() -> None:
    code = make_pre_authorized_code(RING, OFFER_ID, 7, NOON)

    assert read_pre_authorized_code(ROTATED, code, NOON) == (OFFER_ID, 7)
    assert read_pre_authorized_code(OTHER, code, NOON) is None


@pytest.mark.parametrize("place", range(49))
def test_a_code_with_any_byte_changed_is_not_ours(place: int) -> None:
    data = bytearray(from_base64url(make_pre_authorized_code(RING, OFFER_ID, 7, NOON)))
    data[place] ^= 1

    assert read_pre_authorized_code(RING, to_base64url(bytes(data)), NOON) is None


@pytest.mark.parametrize("code", ["", "A", "A" * 64, "A" * 66, "=", "ż", "A" * 5000])
def test_nonsense_is_no_code_and_no_receipt(code: str) -> None:
    assert read_pre_authorized_code(RING, code, NOON) is None
    assert read_terms_receipt(RING, code, NOON) is None


def test_a_receipt_tells_the_version_for_a_day() -> None:
    receipt = make_terms_receipt(RING, "2026-10-01", NOON)

    assert read_terms_receipt(RING, receipt, NOON + timedelta(hours=24)) == "2026-10-01"
    assert read_terms_receipt(RING, receipt, NOON + timedelta(hours=24, seconds=1)) is None
    assert read_terms_receipt(OTHER, receipt, NOON) is None


def test_a_receipt_is_no_code() -> None:
    receipt = make_terms_receipt(RING, "x" * 28, NOON)

    assert len(from_base64url(receipt)) == 49
    assert read_pre_authorized_code(RING, receipt, NOON) is None


def test_the_hash_of_a_subject_tells_people_and_institutions_apart() -> None:
    hashes = {
        hash_subject(ring, institution, subject)
        for ring in (RING, OTHER)
        for institution, subject in (("umcs", "anna"), ("umcs", "jan"), ("pwr", "anna"))
    }

    assert len(hashes) == 6
