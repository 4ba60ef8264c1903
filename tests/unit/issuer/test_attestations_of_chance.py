"""Whatever a stranger sends as a key attestation is one or is refused: nothing else may come of it."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from issuer.key_attestations import check_attestation
from issuer.proofs import InvalidProof
from servicekit.bytes import to_base64url
from tests.attester import Attester
from tests.chance import JSON, NUMBERS, PARTS
from tests.component.issuer.phones import Phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAKER, PHONE = Attester(NOW), Phone()
HEADER = st.dictionaries(
    st.sampled_from(["alg", "typ", "crit", "kid", "jwk", "x5c", "b64"]), JSON, max_size=2
)
TIMES = st.fixed_dictionaries({"iat": NUMBERS}) | st.fixed_dictionaries({"exp": NUMBERS})
CLAIM_NAMES = st.sampled_from(["iat", "exp", "attested_keys", "nonce", "key_storage", "status"])
CLAIMS = st.dictionaries(CLAIM_NAMES, JSON, max_size=2) | TIMES
MEMBERS = st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "d"]), JSON)


def vouches(token: str) -> bool:
    try:
        attested = check_attestation(token, anchors=[MAKER.ca], now=NOW, must_end=True)
        assert isinstance(attested.nonce, str)
    except InvalidProof:
        return False
    return True


def test_a_good_one_vouches() -> None:
    assert vouches(MAKER.key_attestation([PHONE.jwk], claims={"nonce": "n-1"}))


@given(header=HEADER, claims=CLAIMS, member=MEMBERS)
def test_any_attestation_of_keys_vouches_or_is_refused(
    header: dict[str, Any], claims: dict[str, Any], member: dict[str, Any]
) -> None:
    vouches(MAKER.key_attestation([{**PHONE.jwk, **member}], header, {"nonce": "n-1", **claims}))


@given(keys=JSON)
def test_keys_of_chance_are_vouched_for_or_refused(keys: Any) -> None:
    vouches(MAKER.key_attestation([], claims={"attested_keys": keys, "nonce": "n-1"}))


@given(parts=PARTS)
def test_parts_of_chance_vouch_for_no_key(parts: list[bytes]) -> None:
    assert not vouches(".".join(to_base64url(part) for part in parts))


@given(text=st.text(max_size=200))
def test_text_of_chance_vouches_for_no_key(text: str) -> None:
    assert not vouches(text)
