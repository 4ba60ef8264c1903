"""Wallet attestations: one good one, and everything that must be refused."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from joserfc.jwk import ECKey

from tests.attester import CLIENT_ID, Attester
from wallet.attestations import AttestationRefused, Attested, check_attestation

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://wallet.example"
MAKER, STRANGER = Attester(NOW), Attester(NOW)
WALLET = ECKey.generate_key("P-256")


def check(attestation: str | None = None, pop: str | None = None, maker: Attester = MAKER) -> Attested:
    return check_attestation(
        attestation or MAKER.attestation(WALLET),
        pop or MAKER.pop(WALLET, URL),
        anchors=[maker.ca],
        audience=URL,
        now=NOW,
    )


def refused(attestation: str | None = None, pop: str | None = None, maker: Attester = MAKER) -> str:
    with pytest.raises(AttestationRefused) as refusal:
        check(attestation, pop, maker)
    return refusal.value.error


def seconds(**after: float) -> int:
    return int((NOW + timedelta(**after)).timestamp())


def test_a_wallet_that_a_trusted_maker_vouches_for_is_known_by_its_name() -> None:
    attested = check()

    assert attested.client_id == CLIENT_ID
    assert attested.lapses_at == NOW + timedelta(minutes=5)


def test_a_maker_that_is_not_trusted_is_refused() -> None:
    assert refused(STRANGER.attestation(WALLET), STRANGER.pop(WALLET, URL)) == "invalid_client_attestation"


def test_a_maker_whose_certificate_has_expired_is_refused() -> None:
    late = Attester(NOW, valid_until=NOW)

    assert refused(late.attestation(WALLET), maker=late) == "invalid_client_attestation"


def test_a_maker_cannot_vouch_by_the_key_of_another_certificate() -> None:
    chain = [base64.b64encode(MAKER.leaf.public_bytes(Encoding.DER)).decode()]

    assert refused(STRANGER.attestation(WALLET, {"x5c": chain})) == "invalid_client_attestation"


def test_a_certificate_of_no_ca_makes_no_other_trusted() -> None:
    other = Attester(NOW, below=MAKER)
    chain = [base64.b64encode(each.public_bytes(Encoding.DER)).decode() for each in (other.leaf, MAKER.leaf)]

    assert refused(other.attestation(WALLET, {"x5c": chain})) == "invalid_client_attestation"


@pytest.mark.parametrize(
    "header", [{"typ": "JWT"}, {"typ": None}, {"x5c": None}, {"x5c": []}, {"x5c": ["x"]}]
)
def test_a_wrong_header_of_the_attestation_is_refused(header: dict[str, Any]) -> None:
    assert refused(MAKER.attestation(WALLET, header)) == "invalid_client_attestation"


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"exp": None},
        {"exp": "tomorrow"},
        {"nbf": seconds(hours=1)},
        {"cnf": None},
        {"cnf": {}},
        {"cnf": {"jwk": "key"}},
        {"cnf": {"jwk": WALLET.as_dict(private=True)}},
        {"cnf": {"jwk": ECKey.generate_key("P-256").as_dict(private=False)}},
    ],
)
def test_a_wrong_claim_of_the_attestation_is_refused(claims: dict[str, Any]) -> None:
    assert refused(MAKER.attestation(WALLET, claims=claims)) == "invalid_client_attestation"


def test_an_attestation_that_has_expired_is_to_be_fetched_anew() -> None:
    assert refused(MAKER.attestation(WALLET, claims={"exp": seconds(seconds=0)})) == "use_fresh_attestation"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://issuer.example"},
        {"aud": None},
        {"iss": "https://other.example"},
        {"jti": None},
        {"iat": None},
        {"iat": seconds(minutes=-6)},
        {"iat": seconds(minutes=6)},
    ],
)
def test_a_wrong_claim_of_the_proof_is_refused(claims: dict[str, Any]) -> None:
    assert refused(pop=MAKER.pop(WALLET, URL, claims=claims)) == "invalid_client_attestation"


def test_a_proof_of_another_type_is_refused() -> None:
    assert refused(pop=MAKER.pop(WALLET, URL, {"typ": "JWT"})) == "invalid_client_attestation"


def test_a_proof_by_another_key_is_refused() -> None:
    thief = ECKey.generate_key("P-256")

    assert refused(pop=MAKER.pop(thief, URL)) == "invalid_client_attestation"


@pytest.mark.parametrize("token", ["x", "a.b.c", "ż", MAKER.attestation(WALLET)[:-4]])
def test_what_is_no_signed_jwt_is_refused(token: str) -> None:
    assert {refused(token), refused(pop=token)} == {"invalid_client_attestation"}
