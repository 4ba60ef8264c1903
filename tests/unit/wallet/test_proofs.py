"""A shown code holds only as the card's key has signed it."""

import json
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from servicekit.bytes import to_base64url
from tests.component.wallet.scene import NOON, Phone
from wallet.proofs import pack_proof_holds, read_pack_proof, shown_code_holds

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


PROOF = PHONE.prove(HANDLE, uuid4(), b"pack", NOON)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children),
    max_leaves=5,
)
NAMES = st.sampled_from(["alg", "typ", "crit", "kid", "jwk", "x5c", "b64", "cty", "x5u"])


def proof_holds(token: str) -> bool:
    proof = read_pack_proof(token)
    return proof is not None and pack_proof_holds(proof, PHONE.jwk, HANDLE, b"pack", NOON)


def with_header(header: Any) -> str:
    _, claims, signature = PROOF.split(".")
    return f"{to_base64url(json.dumps(header).encode())}.{claims}.{signature}"


def test_the_proof_of_the_cards_key_holds() -> None:
    assert proof_holds(PROOF)


@pytest.mark.parametrize(
    "wrong",
    [{"crit": 5}, {"crit": [5]}, {"crit": {}}, {"alg": []}, {"alg": {}}, {"alg": None}, {"b64": False}],
)
def test_a_header_of_other_kinds_of_values_is_no_proof(wrong: dict[str, Any]) -> None:
    assert not proof_holds(with_header({"alg": "ES256", "typ": "legitka-pack+jwt"} | wrong))


@given(wrong=st.dictionaries(NAMES, JSON, min_size=1))
def test_no_header_of_chance_is_a_proof_and_none_is_a_fault(wrong: dict[str, Any]) -> None:
    assert not proof_holds(with_header({"alg": "ES256", "typ": "legitka-pack+jwt"} | wrong))


@given(header=JSON)
@example(header="alg")
@example(header=["alg"])
def test_what_is_no_header_is_no_fault(header: Any) -> None:
    assert not proof_holds(with_header(header))
