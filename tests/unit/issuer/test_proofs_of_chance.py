"""Whatever a stranger sends as a key proof is a proof or is refused: nothing else may come of it."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from issuer.proofs import InvalidProof, check_proof
from servicekit.bytes import to_base64url
from tests.chance import JSON, NUMBERS, PARTS
from tests.component.issuer.phones import Phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AUDIENCE = "https://issuer.example/t/umcs"
PHONE = Phone()
HEADER_NAMES = st.sampled_from(["alg", "typ", "crit", "kid", "jwk", "x5c", "b64", "key_attestation"])
KEY_MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "d", "k"])
CLAIM_NAMES = st.sampled_from(["aud", "iss", "iat", "exp", "nbf", "nonce"])


def is_a_proof(token: str) -> bool:
    try:
        check_proof(token, audience=AUDIENCE, client_id=None, now=NOW)
    except InvalidProof:
        return False
    return True


@given(
    header=st.dictionaries(HEADER_NAMES, JSON, max_size=2),
    key=st.dictionaries(KEY_MEMBERS, JSON, max_size=1),
    claims=st.dictionaries(CLAIM_NAMES, JSON, max_size=2) | st.fixed_dictionaries({"iat": NUMBERS}),
)
def test_any_signed_proof_is_one_or_is_refused(
    header: dict[str, Any], key: dict[str, Any], claims: dict[str, Any]
) -> None:
    spoilt = {"jwk": {**PHONE.jwk, **key}, **header}
    is_a_proof(PHONE.proof(audience=AUDIENCE, nonce="n-1", now=NOW, header=spoilt, claims=claims))


@given(parts=PARTS)
def test_parts_of_chance_are_no_proof(parts: list[bytes]) -> None:
    assert not is_a_proof(".".join(to_base64url(part) for part in parts))


@given(text=st.text(max_size=200))
def test_text_of_chance_is_no_proof(text: str) -> None:
    assert not is_a_proof(text)


@given(signature=st.binary(max_size=80))
def test_a_signature_of_chance_holds_nothing(signature: bytes) -> None:
    signed, _, _ = PHONE.proof(audience=AUDIENCE, nonce="n-1", now=NOW).rpartition(".")
    assert not is_a_proof(f"{signed}.{to_base64url(signature)}")
