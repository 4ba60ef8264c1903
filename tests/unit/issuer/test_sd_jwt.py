"""SD-JWT VC: what stands in the clear, what is hidden, and what cannot be told from the outside."""

import hashlib
import json
import os
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from issuer.es256 import signer
from issuer.sd_jwt import DIGESTS, digest, sign_sd_jwt
from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import SigningKey
from tests import vectors

KEY = ECKey.generate_key("P-256")
SIGNER = signer(SigningKey("kid-1", KEY), typ="dc+sd-jwt", x5c=["MIIB"])
PLAIN = {"iss": "https://issuer.example/t/umcs", "vct": "https://issuer.example/vct/1"}
HIDDEN = {"given_name": "Łucja", "pesel": "04222912345", "institution": {"id": "umcs", "name": "UMCS"}}


@pytest.fixture
def credential() -> str:
    return sign_sd_jwt(SIGNER, PLAIN, HIDDEN, os.urandom)


def payload_of(credential: str) -> dict[str, Any]:
    jwt = credential.split("~", maxsplit=1)[0]
    claims: dict[str, Any] = json.loads(from_base64url(jwt.split(".")[1]))
    return claims


def disclosures_of(credential: str) -> list[list[Any]]:
    return [json.loads(from_base64url(part)) for part in credential.split("~")[1:-1]]


def test_the_signature_holds(credential: str) -> None:
    jwt = credential.split("~", maxsplit=1)[0]

    signed = jws.deserialize_compact(
        jwt, KEY, algorithms=["ES256"], registry=jws.JWSRegistry(strict_check_header=False)
    )

    assert signed.headers() == {"alg": "ES256", "typ": "dc+sd-jwt", "kid": "kid-1", "x5c": ["MIIB"]}


def test_it_ends_with_a_tilde_and_has_a_disclosure_for_each_hidden_claim(credential: str) -> None:
    assert credential.endswith("~")
    assert {name: value for _, name, value in disclosures_of(credential)} == HIDDEN


def test_no_hidden_claim_stands_in_the_clear(credential: str) -> None:
    assert payload_of(credential).keys() == {*PLAIN, "_sd", "_sd_alg"}
    assert "04222912345" not in json.dumps(payload_of(credential))


def test_every_disclosure_has_its_digest(credential: str) -> None:
    digests = payload_of(credential)["_sd"]

    for disclosure in credential.split("~")[1:-1]:
        assert to_base64url(hashlib.sha256(disclosure.encode()).digest()) in digests


def test_salts_have_128_bits_and_are_never_used_twice(credential: str) -> None:
    other = sign_sd_jwt(SIGNER, PLAIN, HIDDEN, os.urandom)
    salts = [salt for each in (credential, other) for salt, _, _ in disclosures_of(each)]

    assert all(len(from_base64url(salt)) >= 16 for salt in salts)
    assert len(set(salts)) == len(salts)


def test_a_missing_claim_cannot_be_told_from_a_hidden_one(credential: str) -> None:
    without = sign_sd_jwt(SIGNER, PLAIN, {"given_name": "Łucja"}, os.urandom)

    assert len(payload_of(credential)["_sd"]) == len(payload_of(without)["_sd"]) == DIGESTS


def test_the_order_of_digests_says_nothing(credential: str) -> None:
    digests = payload_of(credential)["_sd"]

    assert digests == sorted(digests)


@pytest.mark.parametrize(("disclosure", "expected"), vectors.DIGESTS.items())
def test_digests_are_those_of_the_rfc(disclosure: str, expected: str) -> None:
    assert digest(disclosure) == expected
