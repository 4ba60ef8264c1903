"""DPoP proofs: one good one, and everything that must be refused (RFC 9449, 4.3 and 8)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from servicekit.dpop import CLOCK_SKEW, InvalidDpopProof, check_dpop_proof, token_hash
from servicekit.dpop_rules import DpopRefused, DpopRules
from servicekit.keys import KeyRing
from tests import vectors
from tests.dpop import DpopClient

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://wallet.example/token"
CLIENT = DpopClient()
RING = KeyRing.single("n1", bytes(32))
RULES = DpopRules(RING, "https://wallet.example", required=False, nonce_required=False)
STRICT = DpopRules(RING, "https://wallet.example", required=False, nonce_required=True)

# RFC 9449, 4.2, figure 2: made at 1562262616 for the token request of the example.
OF_THE_RFC = (
    "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rs"
    "cEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2"
    "In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2Vu"
    "IiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
)


def check(token: str, *, access_token: str | None = None, url: str = URL) -> str:
    return check_dpop_proof(token, method="POST", url=url, now=NOW, access_token=access_token).jkt


def test_a_good_proof_shows_its_key() -> None:
    assert check(CLIENT.proof(URL, NOW)) == CLIENT.jkt


def test_a_long_header_is_read() -> None:
    assert check(CLIENT.proof(URL, NOW, header={"kid": "k" * 900})) == CLIENT.jkt


def test_the_example_of_the_rfc_holds_for_its_key() -> None:
    at = datetime.fromtimestamp(1562262616, UTC)

    proof = check_dpop_proof(OF_THE_RFC, method="POST", url="https://server.example.com/token", now=at)

    assert proof.jkt == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"  # RFC 9449, 6.1


@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": None},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": None},
        {"crit": ["b64"], "b64": False},
        {"jwk": None},
        {"jwk": "key"},
        {"jwk": {**CLIENT.jwk, "d": "c2VjcmV0"}},
        {"jwk": {**CLIENT.jwk, "k": "c2VjcmV0"}},
        {"jwk": {**CLIENT.jwk, "kty": "RSA"}},
        {"jwk": {**CLIENT.jwk, "crv": "P-384"}},
        {"jwk": {**CLIENT.jwk, "y": CLIENT.jwk["x"]}},
        {"jwk": {**CLIENT.jwk, "x": 7}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": CLIENT.jwk["x"]}},
        {"jwk": DpopClient().jwk},
    ],
)
def test_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidDpopProof):
        check(CLIENT.proof(URL, NOW, header=header))


@pytest.mark.parametrize(
    "claims",
    [
        {"htm": "GET"},
        {"htm": None},
        {"htu": "https://wallet.example/other"},
        {"htu": "https://issuer.example/token"},
        {"htu": "http://wallet.example/token"},
        {"htu": "https://wallet.example:8443/token"},
        {"htu": "https://wallet.example:port/token"},
        {"htu": None},
        {"htu": 7},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": 2**90},
        {"iat": int((NOW - CLOCK_SKEW).timestamp()) - 1},
        {"iat": int((NOW + CLOCK_SKEW).timestamp()) + 1},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 257},
        {"nonce": 7},
    ],
)
def test_a_wrong_claim_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidDpopProof):
        check(CLIENT.proof(URL, NOW, claims=claims))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b.c",
        "W10.e30.c2ln",
        "ż.ż.ż",
        "x" * 9000,
        CLIENT.proof(URL, NOW)[:-4],
        CLIENT.proof(URL, NOW) + ".x",
    ],
)
def test_what_is_no_signed_jwt_is_refused(token: str) -> None:
    with pytest.raises(InvalidDpopProof):
        check(token)


@pytest.mark.parametrize("url", [f"{URL}?query=1", f"{URL}#fragment", "HTTPS://Wallet.Example:443/token"])
def test_query_fragment_and_spelling_of_the_address_do_not_matter(url: str) -> None:
    assert check(CLIENT.proof(url, NOW)) == CLIENT.jkt


@pytest.mark.parametrize("ath", [None, "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo", 7])
def test_a_proof_for_another_token_or_none_is_refused(ath: Any) -> None:
    token = CLIENT.proof(URL, NOW, access_token="token", claims={"ath": ath})

    with pytest.raises(InvalidDpopProof):
        check(token, access_token="token")


def test_the_hash_of_a_token_is_that_of_the_rfc() -> None:
    assert token_hash(vectors.ACCESS_TOKEN) == vectors.TOKEN_HASH


def test_a_proof_for_this_token_holds() -> None:
    assert check(CLIENT.proof(URL, NOW, access_token="token"), access_token="token") == CLIENT.jkt


def test_only_key_and_jti_tell_a_proof_from_another() -> None:
    same = {"jti": "one"}

    def digest(client: DpopClient, claims: dict[str, str], at: datetime = NOW) -> bytes:
        token = client.proof(URL, at, claims=claims)
        return check_dpop_proof(token, method="POST", url=URL, now=NOW).digest

    first = digest(CLIENT, same)
    assert digest(CLIENT, same, NOW - timedelta(seconds=9)) == first
    assert digest(CLIENT, {"jti": "two"}) != first
    assert digest(DpopClient(), same) != first


def test_a_proof_is_remembered_for_as_long_as_it_would_be_taken() -> None:
    ahead = NOW + timedelta(minutes=3)

    proof = check_dpop_proof(CLIENT.proof(URL, ahead), method="POST", url=URL, now=NOW)

    assert proof.lapses_at == ahead + CLOCK_SKEW


def refused(rules: DpopRules, *proofs: str, now: datetime = NOW) -> str:
    with pytest.raises(DpopRefused) as refusal:
        rules.check(proofs, method="POST", url=URL, now=now)
    return refusal.value.error


def test_two_proofs_are_one_too_many() -> None:
    assert refused(RULES, CLIENT.proof(URL, NOW), CLIENT.proof(URL, NOW)) == "invalid_dpop_proof"


def test_a_nonce_of_ours_is_taken() -> None:
    proof = CLIENT.proof(URL, NOW, nonce=STRICT.new_nonce(NOW))

    assert STRICT.check([proof], method="POST", url=URL, now=NOW).jkt == CLIENT.jkt


def test_where_nonces_are_required_a_proof_without_one_is_asked_for_it() -> None:
    assert refused(STRICT, CLIENT.proof(URL, NOW)) == "use_dpop_nonce"


@pytest.mark.parametrize("rules", [RULES, STRICT])
def test_a_nonce_that_is_old_made_up_or_another_servers_is_refused_wherever_it_is_sent(
    rules: DpopRules,
) -> None:
    elsewhere = DpopRules(RING, "https://issuer.example", required=False, nonce_required=True)
    nonces = (rules.new_nonce(NOW - timedelta(minutes=6)), elsewhere.new_nonce(NOW), "made-up", "")

    assert [refused(rules, CLIENT.proof(URL, NOW, nonce=nonce)) for nonce in nonces] == ["use_dpop_nonce"] * 4


def test_what_else_is_wrong_is_told_before_the_nonce() -> None:
    assert refused(STRICT, CLIENT.proof(URL, NOW, method="GET")) == "invalid_dpop_proof"
