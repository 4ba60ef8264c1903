"""A shown code holds only as the card's key has signed it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.component.wallet.scene import NOON, Phone
from wallet.proofs import shown_code_holds

PHONE = Phone()
HANDLE = bytes(range(16))
SHOWN_AT = int(NOON.timestamp())
SIGNATURE = PHONE.show(HANDLE, NOON)


def test_the_signature_of_the_cards_key_holds() -> None:
    assert shown_code_holds(PHONE.jwk, HANDLE, SHOWN_AT, SIGNATURE)


@pytest.mark.parametrize(
    ("key", "handle", "shown_at", "signature"),
    [
        (Phone().jwk, HANDLE, SHOWN_AT, SIGNATURE),
        (None, HANDLE, SHOWN_AT, SIGNATURE),
        (PHONE.jwk, bytes(16), SHOWN_AT, SIGNATURE),
        (PHONE.jwk, HANDLE, SHOWN_AT + 1, SIGNATURE),
        (PHONE.jwk, HANDLE, SHOWN_AT, bytes(64)),
        (PHONE.jwk, HANDLE, SHOWN_AT, b"\xff" * 64),
        (PHONE.jwk, HANDLE, SHOWN_AT, SIGNATURE[:-1]),
        (PHONE.jwk, HANDLE, SHOWN_AT, SIGNATURE + b"\0"),
    ],
    ids=[
        "another key",
        "no key",
        "another handle",
        "another time",
        "only zeros",
        "only ones",
        "a byte less",
        "a byte more",
    ],
)
def test_anything_else_does_not(
    key: dict[str, str] | None, handle: bytes, shown_at: int, signature: bytes
) -> None:
    assert not shown_code_holds(key, handle, shown_at, signature)


@given(signature=st.binary(min_size=64, max_size=64), shown_at=st.integers(0, 2**40 - 1))
def test_no_signature_of_chance_holds_and_none_is_a_fault(signature: bytes, shown_at: int) -> None:
    assert not shown_code_holds(PHONE.jwk, HANDLE, shown_at, signature)
