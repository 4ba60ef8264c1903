import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.keys import KeyRing, UnknownKey
from servicekit.offers import activation_code_matches, activation_digest, new_offer_id, offer_is_authentic

RING = KeyRing.single("m1", b"m" * 32)
OTHER = KeyRing.single("m2", b"n" * 32)
OFFER = new_offer_id(RING, bytes(range(16)))


@given(st.binary(min_size=16, max_size=16))
def test_an_offer_id_of_ours_proves_itself(random16: bytes) -> None:
    offer_id = new_offer_id(RING, random16)

    assert re.fullmatch(r"[A-Za-z0-9_-]{32}", offer_id)
    assert offer_is_authentic(RING, offer_id)
    assert not offer_is_authentic(OTHER, offer_id)


@given(st.one_of(st.text(max_size=40), st.text("AB-_09az", min_size=32, max_size=32)))
def test_made_up_offer_ids_are_not_authentic(text: str) -> None:
    assert not offer_is_authentic(RING, text)


def test_every_changed_character_is_noticed() -> None:
    for place in range(32):
        changed = OFFER[:place] + ("A" if OFFER[place] != "A" else "B") + OFFER[place + 1 :]
        assert not offer_is_authentic(RING, changed)


def test_offers_under_an_old_key_stay_authentic() -> None:
    ring = KeyRing(OTHER.current, {"m1": RING.current, "m2": OTHER.current})

    assert offer_is_authentic(ring, OFFER)
    assert new_offer_id(ring, bytes(16)) == new_offer_id(OTHER, bytes(16))


def test_an_offer_id_needs_sixteen_random_bytes() -> None:
    with pytest.raises(ValueError, match="16"):
        new_offer_id(RING, bytes(15))


def test_the_right_code_matches_and_nothing_else_does() -> None:
    digest, key_id = activation_digest(RING, OFFER, 1, "01234567")

    assert activation_code_matches(RING, digest, key_id, OFFER, 1, "01234567")
    assert not activation_code_matches(RING, digest, key_id, OFFER, 1, "01234568")
    assert not activation_code_matches(RING, digest, key_id, OFFER, 1, "")
    assert not activation_code_matches(RING, digest, key_id, OFFER, 1, "٠١٢٣٤٥٦٧")
    assert not activation_code_matches(RING, digest, key_id, OFFER, 2, "01234567")
    other = new_offer_id(RING, bytes(16))
    assert not activation_code_matches(RING, digest, key_id, other, 1, "01234567")


def test_a_digest_outlives_a_change_of_keys() -> None:
    digest, key_id = activation_digest(RING, OFFER, 1, "01234567")
    ring = KeyRing(OTHER.current, {"m1": RING.current, "m2": OTHER.current})

    assert activation_code_matches(ring, digest, key_id, OFFER, 1, "01234567")


def test_a_lost_check_key_is_a_fault_and_not_a_wrong_code() -> None:
    digest, key_id = activation_digest(RING, OFFER, 1, "01234567")

    with pytest.raises(UnknownKey):
        activation_code_matches(OTHER, digest, key_id, OFFER, 1, "01234567")
