"""Nonces: ours, fresh, and for one credential issuer."""

from datetime import UTC, datetime, timedelta

import pytest

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import KeyRing
from servicekit.nonces import LIFETIME, BadNonce, new_nonce, nonce_lapses_at

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RING = KeyRing.single("n1", bytes(32))
UMCS, PWR = "https://issuer.example/t/umcs", "https://issuer.example/t/pwr"


def test_a_fresh_nonce_says_when_it_ends() -> None:
    assert nonce_lapses_at(RING, new_nonce(RING, UMCS, NOW, bytes(16)), UMCS, NOW) == NOW + LIFETIME


def test_two_nonces_of_one_moment_differ() -> None:
    assert new_nonce(RING, UMCS, NOW, b"a" * 16) != new_nonce(RING, UMCS, NOW, b"b" * 16)


def test_an_old_nonce_is_refused() -> None:
    nonce = new_nonce(RING, UMCS, NOW, bytes(16))

    with pytest.raises(BadNonce):
        nonce_lapses_at(RING, nonce, UMCS, NOW + timedelta(minutes=5))


def test_a_nonce_of_another_institution_is_refused() -> None:
    with pytest.raises(BadNonce):
        nonce_lapses_at(RING, new_nonce(RING, PWR, NOW, bytes(16)), UMCS, NOW)


def test_a_nonce_of_a_stranger_is_refused() -> None:
    stranger = KeyRing.single("x", b"x" * 32)

    with pytest.raises(BadNonce):
        nonce_lapses_at(RING, new_nonce(stranger, UMCS, NOW, bytes(16)), UMCS, NOW)


def test_a_nonce_whose_time_was_changed_is_refused() -> None:
    data = bytearray(from_base64url(new_nonce(RING, UMCS, NOW, bytes(16))))
    data[4] ^= 1

    with pytest.raises(BadNonce):
        nonce_lapses_at(RING, to_base64url(bytes(data)), UMCS, NOW)


@pytest.mark.parametrize("nonce", ["", "x", "żółw", "A" * 50, "A" * 10_000])
def test_what_is_no_nonce_is_refused(nonce: str) -> None:
    with pytest.raises(BadNonce):
        nonce_lapses_at(RING, nonce, UMCS, NOW)


def test_nonces_of_an_older_key_of_the_ring_are_still_good() -> None:
    older = RING.current
    current = KeyRing.single("n2", b"2" * 32).current
    ring = KeyRing(current, {older.id: older, current.id: current})

    assert nonce_lapses_at(ring, new_nonce(RING, UMCS, NOW, bytes(16)), UMCS, NOW) == NOW + LIFETIME
