"""Key attestations: one good one, and everything that must be refused."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from issuer.key_attestations import AttestedKeys, check_attestation
from issuer.proofs import InvalidProof
from tests.attester import Attester
from tests.component.issuer.phones import Phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MAKER, STRANGER = Attester(NOW), Attester(NOW)
PHONE, OTHER = Phone(), Phone()


def check(token: str, *, must_end: bool = True) -> AttestedKeys:
    return check_attestation(token, anchors=[MAKER.ca], now=NOW, must_end=must_end)


def seconds(**after: float) -> int:
    return int((NOW + timedelta(**after)).timestamp())


def test_a_trusted_maker_vouches_for_the_keys_that_it_names() -> None:
    attested = check(MAKER.key_attestation([PHONE.jwk, OTHER.jwk], claims={"nonce": "n-1"}))

    assert attested.keys == (PHONE.holder_key, OTHER.holder_key)
    assert attested.nonce == "n-1"
    assert attested.covers([OTHER.holder_key])
    assert not attested.covers([OTHER.holder_key, Phone().holder_key])


@pytest.mark.parametrize(
    "header", [{"typ": "oauth-client-attestation+jwt"}, {"typ": None}, {"x5c": None}, {"alg": "none"}]
)
def test_a_wrong_header_of_the_attestation_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidProof):
        check(MAKER.key_attestation([PHONE.jwk], header))


@pytest.mark.parametrize(
    "claims",
    [
        {"iat": None},
        {"iat": seconds(minutes=6)},
        {"exp": seconds(seconds=0)},
        {"exp": None},
        {"exp": "tomorrow"},
        {"attested_keys": None},
        {"attested_keys": []},
        {"attested_keys": PHONE.jwk},
        {"attested_keys": ["key"]},
        {"attested_keys": [PHONE.jwk, PHONE.jwk]},
        {"attested_keys": [{**PHONE.jwk, "d": "c2VjcmV0"}]},
        {"attested_keys": [{**PHONE.jwk, "y": PHONE.jwk["x"]}]},
    ],
)
def test_a_wrong_claim_of_the_attestation_is_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidProof):
        check(MAKER.key_attestation([PHONE.jwk], claims=claims))


def test_one_that_comes_alone_may_leave_its_end_open_but_not_have_passed_it() -> None:
    assert check(MAKER.key_attestation([PHONE.jwk], claims={"exp": None}), must_end=False).keys

    with pytest.raises(InvalidProof):
        check(MAKER.key_attestation([PHONE.jwk], claims={"exp": seconds(seconds=0)}), must_end=False)


def test_a_maker_that_is_not_trusted_vouches_for_no_key() -> None:
    with pytest.raises(InvalidProof, match="not trusted"):
        check(STRANGER.key_attestation([PHONE.jwk]))
