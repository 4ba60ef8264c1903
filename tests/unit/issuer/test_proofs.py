"""Key proofs: one good one, and everything that must be refused."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from issuer.proofs import InvalidProof, Proof, check_proof, thumbprint
from servicekit.bytes import to_base64url
from tests import vectors
from tests.component.issuer.phones import Phone

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
AUDIENCE = "https://issuer.example/t/umcs"
PHONE = Phone()


def check(token: str, client_id: str | None = None) -> Proof:
    return check_proof(token, audience=AUDIENCE, client_id=client_id, now=NOW)


def proof(**wrong: Any) -> str:
    return PHONE.proof(audience=AUDIENCE, nonce="n-1", now=NOW, **wrong)


def test_a_good_proof_gives_key_thumbprint_and_nonce() -> None:
    assert check(proof()) == Proof(PHONE.holder_key, "n-1", None)


def test_a_thumbprint_is_that_of_the_rfc_whatever_else_the_key_holds() -> None:
    assert thumbprint({"use": "sig", **vectors.JWK, "kid": "1"}) == vectors.THUMBPRINT


def test_only_the_members_of_the_key_are_kept() -> None:
    assert (
        check(proof(header={"jwk": {**PHONE.jwk, "kid": "my phone", "use": "sig"}})).key == PHONE.holder_key
    )


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": None},
        {"typ": "JWT"},
        {"typ": None},
        {"kid": "did:example:1"},
        {"x5c": ["MIIB"]},
        {"jwk": None},
        {"jwk": None, "kid": "did:example:1"},
        {"jwk": "key"},
        {"jwk": {**PHONE.jwk, "d": "c2VjcmV0"}},
        {"jwk": {**PHONE.jwk, "k": "c2VjcmV0"}},
        {"jwk": {**PHONE.jwk, "crv": "P-384"}},
        {"jwk": {**PHONE.jwk, "kty": "RSA"}},
        {"jwk": {"kty": "EC", "crv": "P-256", "x": PHONE.jwk["x"]}},
        {"jwk": {**PHONE.jwk, "y": PHONE.jwk["x"]}},
        {"jwk": {**PHONE.jwk, "x": PHONE.jwk["x"] + "AA"}},
        {"jwk": {**PHONE.jwk, "x": PHONE.jwk["x"] + "="}},
        {"jwk": {**PHONE.jwk, "x": 7}},
        {"crit": ["b64"], "b64": False},
    ],
)
def test_a_wrong_header_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(InvalidProof):
        check(proof(header=header))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://issuer.example/t/pwr"},
        {"aud": [AUDIENCE, "https://other.example"]},
        {"aud": None},
        {"iat": None},
        {"iat": "now"},
        {"iat": True},
        {"iat": int((NOW - timedelta(hours=2)).timestamp())},
        {"iat": int((NOW + timedelta(hours=2)).timestamp())},
        {"nonce": None},
        {"nonce": 7},
    ],
)
def test_wrong_claims_are_refused(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidProof):
        check(proof(claims=claims))


@pytest.mark.parametrize("minutes", [-9, 9])
def test_a_phone_whose_clock_is_some_minutes_off_is_welcome(minutes: int) -> None:
    moment = int((NOW + timedelta(minutes=minutes)).timestamp())

    assert check(proof(claims={"iat": moment})).key.jkt == PHONE.jkt


def test_the_issuer_of_a_proof_is_the_client_if_the_token_has_one() -> None:
    assert check(proof(claims={"iss": "app"}), client_id="app").key.jkt == PHONE.jkt
    with pytest.raises(InvalidProof):
        check(proof(claims={"iss": "other"}), client_id="app")


def test_a_proof_by_another_key_is_refused() -> None:
    with pytest.raises(InvalidProof, match="signature"):
        check(proof(header={"jwk": Phone().jwk}))


def test_a_changed_proof_is_refused() -> None:
    header, _, signature = proof().split(".")
    claims = to_base64url(json.dumps({"aud": AUDIENCE, "iat": int(NOW.timestamp()), "nonce": "n-2"}).encode())

    with pytest.raises(InvalidProof, match="signature"):
        check(f"{header}.{claims}.{signature}")


@pytest.mark.parametrize("signature", ["", "AAAA", to_base64url(bytes(64)), to_base64url(b"\xff" * 64), "ż"])
def test_a_signature_that_is_none_is_refused(signature: str) -> None:
    signed = proof().rpartition(".")[0]

    with pytest.raises(InvalidProof):
        check(f"{signed}.{signature}")


def test_a_secret_key_is_not_taken_for_a_public_one() -> None:
    secret = OctKey.import_key({"kty": "oct", "k": PHONE.jwk["x"]})
    header = {"typ": "openid4vci-proof+jwt", "alg": "HS256", "jwk": PHONE.jwk}
    token = jwt.encode(header, {"aud": AUDIENCE, "nonce": "n-1"}, secret, algorithms=["HS256"])

    with pytest.raises(InvalidProof):
        check(token)


def test_duplicate_names_are_refused() -> None:
    twice = b'{"typ":"openid4vci-proof+jwt","alg":"none","alg":"ES256","jwk":{}}'

    with pytest.raises(InvalidProof, match="not a JWT"):
        check(f"{to_base64url(twice)}.e30.AAAA")


@pytest.mark.parametrize(
    "bomb", [b'{"a":' * 1_000 + b"1" + b"}" * 1_000, b"[" * 5_000, b"\xff\xfe", b"7", b"NaN"]
)
def test_json_that_is_no_object_is_refused(bomb: bytes) -> None:
    with pytest.raises(InvalidProof):
        check(f"{to_base64url(bomb)}.e30.AAAA")


def test_a_megabyte_is_refused_before_it_is_read() -> None:
    begun = time.perf_counter()

    with pytest.raises(InvalidProof, match="too long"):
        check("e30." + "A" * 2**20 + ".AAAA")

    assert time.perf_counter() - begun < 0.05


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c.d", "..", "żółw.e30.AAAA"])
def test_what_is_no_jwt_is_refused(token: str) -> None:
    with pytest.raises(InvalidProof):
        check(token)
