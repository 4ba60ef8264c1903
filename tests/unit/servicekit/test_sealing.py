from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servicekit.keys import KeyRing
from servicekit.sealing import CannotOpen, Sealer, SealingContext

RING = KeyRing.single("k1", bytes(range(32)))
CONTEXT = SealingContext(
    "pl.legitka.ordering.OrderPlaced.v1",
    "umcs",
    UUID("0193a5b0-0000-7000-8000-000000000001"),
    "holder_sealed",
)


@given(st.binary(max_size=2000))
def test_what_was_sealed_opens_in_its_place(plaintext: bytes) -> None:
    sealer = Sealer(RING)

    assert sealer.open(sealer.seal(plaintext, CONTEXT), CONTEXT) == plaintext


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(CONTEXT, event_type="pl.legitka.ordering.CardChangeRequested.v1"),
        replace(CONTEXT, institution_id="pwr"),
        replace(CONTEXT, order_id=UUID("0193a5b0-0000-7000-8000-000000000002")),
        replace(CONTEXT, field="contact_sealed"),
    ],
)
def test_it_opens_nowhere_else(elsewhere: SealingContext) -> None:
    sealed = Sealer(RING).seal(b"Zofia", CONTEXT)

    with pytest.raises(CannotOpen):
        Sealer(RING).open(sealed, elsewhere)


def test_parts_of_a_context_cannot_run_into_each_other() -> None:
    one = replace(CONTEXT, event_type="ab", institution_id="c")
    two = replace(CONTEXT, event_type="a", institution_id="bc")

    assert one.associated_data() != two.associated_data()
    with pytest.raises(ValueError, match="NUL"):
        replace(CONTEXT, institution_id="um\0cs").associated_data()


def test_the_same_text_is_never_sealed_the_same_way() -> None:
    assert len({Sealer(RING).seal(b"12345678", CONTEXT) for _ in range(100)}) == 100


def test_old_keys_of_the_ring_still_open_and_new_things_use_the_current() -> None:
    newer = KeyRing.single("k2", b"2" * 32).current
    both = KeyRing(newer, {"k1": RING.current, "k2": newer})

    assert Sealer(both).open(Sealer(RING).seal(b"Zofia", CONTEXT), CONTEXT) == b"Zofia"
    assert Sealer(both).seal(b"Zofia", CONTEXT).startswith("k2.")


@pytest.mark.parametrize(
    "damage", ["", "k1", "k1.", "k9.AAAA", "k1.AAAA", "k1.!!!", "k1.żółw", "k1." + "A" * 60]
)
def test_anything_else_cannot_be_opened(damage: str) -> None:
    with pytest.raises(CannotOpen):
        Sealer(RING).open(damage, CONTEXT)


def test_one_changed_character_is_noticed() -> None:
    sealed = Sealer(RING).seal(b"Zofia", CONTEXT)

    for place in range(3, len(sealed)):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        with pytest.raises(CannotOpen):
            Sealer(RING).open(changed, CONTEXT)
