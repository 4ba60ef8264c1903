"""Whatever a stranger sends as a DPoP proof is one or is refused: nothing else may come of it."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from servicekit.bytes import to_base64url
from servicekit.dpop import InvalidDpopProof, check_dpop_proof
from tests.chance import JSON, NUMBERS, PARTS
from tests.dpop import DpopClient

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://wallet.example/token"
CLIENT = DpopClient()
HEADER_NAMES = st.sampled_from(["alg", "typ", "crit", "kid", "jwk", "x5c", "b64"])
KEY_MEMBERS = st.sampled_from(["kty", "crv", "x", "y", "d", "k"])
CLAIM_NAMES = st.sampled_from(["jti", "htm", "htu", "iat", "ath", "nonce"])


def is_a_proof(token: str, url: str = URL) -> bool:
    try:
        check_dpop_proof(token, method="POST", url=url, now=NOW, access_token="token")
    except InvalidDpopProof:
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
    spoilt = {"jwk": {**CLIENT.jwk, **key}, **header}
    is_a_proof(CLIENT.proof(URL, NOW, header=spoilt, claims=claims))


@given(htu=st.text(max_size=40) | st.from_regex(r"https?://[\[\]:@%a-z0-9./]{0,20}", fullmatch=True))
def test_any_address_in_a_proof_is_ours_or_is_refused(htu: str) -> None:
    is_a_proof(CLIENT.proof(htu, NOW))


@given(parts=PARTS)
def test_parts_of_chance_are_no_proof(parts: list[bytes]) -> None:
    assert not is_a_proof(".".join(to_base64url(part) for part in parts))


@given(text=st.text(max_size=200))
def test_text_of_chance_is_no_proof(text: str) -> None:
    assert not is_a_proof(text)
