"""Whatever a stranger sends as a wallet attestation is one or is refused: nothing else may come of it."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from servicekit.bytes import to_base64url
from tests.attester import Attester
from tests.chance import JSON, NUMBERS, PARTS
from wallet.attestations import AttestationRefused, check_attestation

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://wallet.example"
MAKER = Attester(NOW)
WALLET = ECKey.generate_key("P-256")
HEADER_NAMES = st.sampled_from(["alg", "typ", "crit", "kid", "jwk", "x5c", "b64"])
HEADER = st.dictionaries(HEADER_NAMES, JSON, max_size=2)
TIMES = st.fixed_dictionaries({"iat": NUMBERS}) | st.fixed_dictionaries({"exp": NUMBERS, "nbf": NUMBERS})
CLAIM_NAMES = st.sampled_from(["iss", "sub", "exp", "nbf", "iat", "cnf", "aud", "jti"])
CLAIMS = st.dictionaries(CLAIM_NAMES, JSON, max_size=2) | TIMES


def vouches(attestation: str, pop: str) -> bool:
    try:
        check_attestation(attestation, pop, anchors=[MAKER.ca], audience=URL, now=NOW)
    except AttestationRefused:
        return False
    return True


@given(header=HEADER, claims=CLAIMS, member=st.dictionaries(st.sampled_from(["kty", "crv", "x", "y"]), JSON))
def test_any_attestation_vouches_or_is_refused(
    header: dict[str, Any], claims: dict[str, Any], member: dict[str, Any]
) -> None:
    spoilt = {"cnf": {"jwk": {**WALLET.as_dict(private=False), **member}}, **claims}
    vouches(MAKER.attestation(WALLET, header, spoilt), MAKER.pop(WALLET, URL))


@given(header=HEADER, claims=CLAIMS)
def test_any_proof_of_a_wallet_vouches_or_is_refused(header: dict[str, Any], claims: dict[str, Any]) -> None:
    vouches(MAKER.attestation(WALLET), MAKER.pop(WALLET, URL, header, claims))


@given(parts=PARTS)
def test_parts_of_chance_vouch_for_nobody(parts: list[bytes]) -> None:
    token = ".".join(to_base64url(part) for part in parts)

    assert not vouches(token, MAKER.pop(WALLET, URL))
    assert not vouches(MAKER.attestation(WALLET), token)


@given(text=st.text(max_size=200))
def test_text_of_chance_vouches_for_nobody(text: str) -> None:
    assert not vouches(text, MAKER.pop(WALLET, URL))
    assert not vouches(MAKER.attestation(WALLET), text)
