import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, OctKey

from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import Keys, SigningKey
from servicekit.tokens import InvalidToken, UnknownKeyId, claimed_type, sign_jwt, verify_jwt

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
CLAIMS = {"iss": "https://wallet", "aud": "https://issuer/t/umcs", "iat": SECONDS, "exp": SECONDS + 300}


def signing_key() -> SigningKey:
    key = ECKey.generate_key("P-256")
    return SigningKey(key.thumbprint(), key)


KEY = signing_key()
KEYS = KeySet.import_key_set({"keys": [KEY.public_jwk()]})


def token(key: SigningKey = KEY, typ: str = "at+jwt", **changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return sign_jwt(key, typ=typ, claims=claims)


def verify(text: str, keys: KeySet = KEYS, now: datetime = NOW) -> dict[str, Any]:
    return verify_jwt(
        text, keys, typ="at+jwt", issuer="https://wallet", audience="https://issuer/t/umcs", now=now
    )


def test_a_token_of_ours_is_believed() -> None:
    assert verify(token(sub="0193")) == CLAIMS | {"sub": "0193"}


def test_the_keys_of_a_file_sign_and_verify(keys_dir: Path) -> None:
    keys = Keys(keys_dir).signing_keys("wallet/token")

    assert verify(token(keys.current), keys.public_keys()) == CLAIMS


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere"},
        {"iss": None},
        {"aud": "https://issuer/t/pwr"},
        {"aud": None},
        {"aud": ["https://issuer/t/umcs", "https://issuer/t/pwr"]},
        {"exp": SECONDS - 5},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": True},
        {"iat": SECONDS + 6},
        {"iat": SECONDS + 6, "nbf": SECONDS},
        {"iat": None},
        {"nbf": SECONDS + 6},
        {"nbf": "soon"},
        {"typ": "JWT"},
        {"typ": "dpop+jwt"},
    ],
)
def test_one_wrong_claim_and_it_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken):
        verify(token(**changes))


def test_time_is_the_time_that_was_passed_in() -> None:
    text = token()

    verify(text, now=NOW + timedelta(seconds=304))
    with pytest.raises(InvalidToken, match="expired"):
        verify(text, now=NOW + timedelta(seconds=305))


def test_an_unknown_key_is_told_apart_from_a_wrong_signature() -> None:
    stranger = signing_key()

    with pytest.raises(UnknownKeyId):
        verify(token(stranger))
    with pytest.raises(InvalidToken) as caught:
        verify(token(SigningKey(KEY.kid, stranger.key)))
    assert not isinstance(caught.value, UnknownKeyId)


def unsigned(header: dict[str, Any]) -> str:
    parts = [to_base64url(json.dumps(part).encode()) for part in (header, CLAIMS)]
    return ".".join(parts) + "."


def signed_with_the_public_key() -> str:
    key = OctKey.import_key(json.dumps(KEY.public_jwk()).encode())
    header = {"alg": "HS256", "typ": "at+jwt", "kid": KEY.kid}
    return jws.serialize_compact(header, json.dumps(CLAIMS), key, algorithms=["HS256"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "...",
        "a.b.c",
        "żółw",
        unsigned({"alg": "none", "typ": "at+jwt"}),
        unsigned({"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}),
        unsigned({"typ": "at+jwt"}),
        unsigned({"alg": "ES256", "kid": 7}),
        unsigned({"alg": ["ES256"]}),
        signed_with_the_public_key(),
        token() + "A" * 9000,
        "[" * 4000 + "..",
    ],
)
def test_what_is_no_token_of_the_allowed_algorithm_is_refused(text: str) -> None:
    with pytest.raises(InvalidToken):
        verify(text)


def test_a_token_that_is_too_long_is_not_even_looked_at() -> None:
    with pytest.raises(InvalidToken, match="too long"):
        verify(token(padding="x" * 8192))


def test_claims_must_be_an_object() -> None:
    text = jws.serialize_compact({"alg": "ES256", "typ": "at+jwt", "kid": KEY.kid}, b"[1]", KEY.key)

    with pytest.raises(InvalidToken):
        verify(text)


def test_a_certificate_chain_fits_into_the_header() -> None:
    text = sign_jwt(KEY, typ="at+jwt", claims=CLAIMS, header={"x5c": ["A" * 1200]})

    assert verify(text) == CLAIMS


@pytest.mark.parametrize("text", ["opaque", "a.b", "!!.b.c", to_base64url(b"[1]") + ".b.c", "W10.b.c"])
def test_the_claimed_type_of_no_token_is_none(text: str) -> None:
    assert claimed_type(text) is None


def test_the_claimed_type_is_read_without_its_prefix() -> None:
    assert claimed_type(token(typ="application/AT+JWT")) == "at+jwt"


@pytest.mark.parametrize("text", ["YQ==", "YR", "Y Q", "Y+Q", "a", "ż"])
def test_only_canonical_base64url_is_read(text: str) -> None:
    with pytest.raises(ValueError, match="base64url"):
        from_base64url(text)
