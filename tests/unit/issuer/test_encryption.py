"""Encrypted requests and answers: which are read, which are refused, and that none fills the memory."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import ECKey

from issuer.encryption import Encryption
from servicekit.bytes import from_base64url, to_base64url
from servicekit.keys import SigningKey, SigningKeys
from servicekit.oauth import OAuthError
from tests.chance import JSON, PARTS

EVERYTHING = jwe.JWERegistry(
    algorithms=["ECDH-ES", "ECDH-ES+A128KW", "A128GCM", "A192GCM", "A256GCM", "A128CBC-HS256", "DEF"],
    strict_check_header=False,
)


def new_key() -> SigningKey:
    key = ECKey.generate_key("P-256")
    return SigningKey(key.thumbprint(), key)


RETIRED, CURRENT = new_key(), new_key()
ENCRYPTION = Encryption(SigningKeys(CURRENT, (RETIRED, CURRENT)), required=False)
REQUIRED = Encryption(ENCRYPTION.keys, required=True)
PHONE = ECKey.generate_key("P-256")
PHONE_JWK: dict[str, Any] = {**PHONE.as_dict(private=False), "alg": "ECDH-ES", "kid": "p-1"}
WANTED: dict[str, Any] = {"jwk": PHONE_JWK, "enc": "A256GCM"}
ASKING = {"credential_response_encryption": WANTED}


def encrypted(request: Any, key: SigningKey = CURRENT, **header: Any) -> bytes:
    """None leaves a member of the header out."""
    full = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": key.kid, **header}
    given_members = {name: value for name, value in full.items() if value is not None}
    plain = request if isinstance(request, bytes) else json.dumps(request).encode()
    return jwe.encrypt_compact(given_members, plain, key.key, registry=EVERYTHING).encode()


def refusal(body: bytes, *, is_encrypted: bool = True, encryption: Encryption = ENCRYPTION) -> str:
    with pytest.raises(OAuthError) as refused:
        encryption.open_request(body, is_encrypted=is_encrypted)
    assert refused.value.status == 400
    assert (refused.value.description or "").isascii()
    return refused.value.error


def refusal_of(**changes: Any) -> str:
    """Of a request whose wish for its answer is changed; None leaves a member out."""
    wanted = {name: value for name, value in {**WANTED, **changes}.items() if value is not None}
    return refusal(encrypted({"credential_response_encryption": wanted}))


def opened_answer(answer: str, key: ECKey = PHONE) -> tuple[Mapping[str, Any], Any]:
    message = jwe.decrypt_compact(answer, key, registry=EVERYTHING)
    return message.headers(), json.loads(message.plaintext or b"")


@pytest.mark.parametrize("key", [CURRENT, RETIRED])
@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("zip_", [None, "DEF"])
def test_a_request_for_one_of_our_keys_is_read(key: SigningKey, enc: str, zip_: str | None) -> None:
    opened = ENCRYPTION.open_request(encrypted({"a": "ą"}, key, enc=enc, zip=zip_), is_encrypted=True)

    assert json.loads(opened.body) == {"a": "ą"}
    assert opened.answer_key is None


@pytest.mark.parametrize("enc", ["A128GCM", "A256GCM"])
@pytest.mark.parametrize("zip_", [None, "DEF"])
def test_the_answer_is_for_the_key_of_the_request_and_as_it_wants(enc: str, zip_: str | None) -> None:
    wanted = {**WANTED, "enc": enc} | ({"zip": zip_} if zip_ else {})
    request = encrypted({"credential_response_encryption": wanted})

    key = ENCRYPTION.open_request(request, is_encrypted=True).answer_key

    assert key is not None
    header, answer = opened_answer(key.encrypt({"credentials": [{"credential": "eyJ"}]}))
    assert (header["alg"], header["enc"], header.get("zip"), header["kid"]) == ("ECDH-ES", enc, zip_, "p-1")
    assert answer == {"credentials": [{"credential": "eyJ"}]}


def test_each_answer_has_an_ephemeral_key_of_its_own() -> None:
    key = ENCRYPTION.open_request(encrypted(ASKING), is_encrypted=True).answer_key

    assert key is not None
    first, second = (opened_answer(key.encrypt({}))[0]["epk"] for _ in range(2))
    assert first != second


def test_a_request_in_the_clear_is_passed_on() -> None:
    assert ENCRYPTION.open_request(b'{"a":1}', is_encrypted=False).body == b'{"a":1}'
    assert ENCRYPTION.open_request(b"no JSON", is_encrypted=False).answer_key is None


def test_a_key_for_the_answer_that_comes_in_the_clear_is_refused() -> None:
    body = json.dumps(ASKING).encode()

    assert refusal(body, is_encrypted=False) == "invalid_encryption_parameters"


def test_where_encryption_is_required_nothing_goes_in_the_clear() -> None:
    assert refusal(b"{}", is_encrypted=False, encryption=REQUIRED) == "invalid_encryption_parameters"
    assert refusal(encrypted({}), encryption=REQUIRED) == "invalid_encryption_parameters"
    assert REQUIRED.open_request(encrypted(ASKING), is_encrypted=True).answer_key is not None


@pytest.mark.parametrize(
    "header",
    [
        {"enc": "A192GCM"},
        {"enc": "A128CBC-HS256"},
        {"alg": "ECDH-ES+A128KW"},
        {"kid": "somebody"},
        {"kid": None},
    ],
)
def test_a_request_encrypted_in_another_way_is_refused(header: dict[str, Any]) -> None:
    assert refusal(encrypted({}, **header)) == "invalid_encryption_parameters"


def test_a_request_for_another_key_is_refused() -> None:
    assert refusal(encrypted({}, new_key(), kid=CURRENT.kid)) == "invalid_credential_request"


@pytest.mark.parametrize("part", [1, 2, 3, 4])
def test_a_request_with_a_changed_part_is_refused(part: int) -> None:
    parts = encrypted({"a": "b"}).split(b".")
    parts[part] = b"AAAA" + parts[part][4:]

    assert refusal(b".".join(parts)) == "invalid_credential_request"


@pytest.mark.parametrize("body", [b"", b"{}", b"a.b.c.d.e", b"\xff....", b"e30.e30.e30", b"W10...."])
def test_what_is_no_encrypted_message_is_refused(body: bytes) -> None:
    assert refusal(body) in ("invalid_credential_request", "invalid_encryption_parameters")


def test_a_little_that_inflates_to_a_lot_is_refused() -> None:
    bomb = encrypted(b" " * 40_000_000, zip="DEF")
    assert len(bomb) < 64 * 1024

    assert refusal(bomb) == "invalid_credential_request"


def test_what_inflates_to_more_than_a_request_in_the_clear_may_have_is_refused() -> None:
    assert refusal(encrypted(b" " * (64 * 1024 + 1), zip="DEF")) == "invalid_credential_request"


def test_what_says_that_it_is_compressed_and_is_not_is_refused() -> None:
    deflated = jwe.JWERegistry.algorithms["zip"]["DEF"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deflated, "compress", lambda data: data)
        message = encrypted(b"\xff\xfe not compressed", zip="DEF")

    assert refusal(message) == "invalid_credential_request"


@pytest.mark.parametrize(
    "changes",
    [
        {"enc": None},
        {"enc": "A192GCM"},
        {"enc": ["A128GCM"]},
        {"zip": "BR"},
        {"zip": 1},
        {"jwk": None},
        {"jwk": "key"},
        {"jwk": {**PHONE_JWK, "alg": "ECDH-ES+A128KW"}},
        {"jwk": {name: value for name, value in PHONE_JWK.items() if name != "alg"}},
        {"jwk": {**PHONE_JWK, "use": "sig"}},
        {"jwk": {**PHONE_JWK, "kid": 7}},
        {"jwk": {**PHONE_JWK, "crv": "P-384"}},
        {"jwk": {**PHONE_JWK, "kty": "OKP"}},
        {"jwk": {**PHONE_JWK, "x": to_base64url(bytes(32))}},
        {"jwk": {**PHONE_JWK, "x": None}},
        {"jwk": {**PHONE_JWK, "d": "AAAA"}},
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(changes: dict[str, Any]) -> None:
    assert refusal_of(**changes) == "invalid_encryption_parameters"


def test_a_wish_that_is_no_object_is_refused() -> None:
    assert refusal(encrypted({"credential_response_encryption": "yes"})) == "invalid_encryption_parameters"


def test_metadata_offer_the_current_key_and_no_secret() -> None:
    metadata = REQUIRED.metadata()

    [jwk] = metadata["credential_request_encryption"]["jwks"]["keys"]
    assert (jwk["kid"], jwk["use"], jwk["alg"], jwk["kty"], jwk["crv"]) == (
        CURRENT.kid,
        "enc",
        "ECDH-ES",
        "EC",
        "P-256",
    )
    assert "d" not in jwk
    assert metadata["credential_response_encryption"] == {
        "alg_values_supported": ["ECDH-ES"],
        "enc_values_supported": ["A128GCM", "A256GCM"],
        "zip_values_supported": ["DEF"],
        "encryption_required": True,
    }


HEADER_NAMES = st.sampled_from(["alg", "enc", "zip", "kid", "epk", "apu", "apv", "crit", "b64", "cty"])


def is_read(body: bytes) -> bool:
    try:
        ENCRYPTION.open_request(body, is_encrypted=True)
    except OAuthError:
        return False
    return True


@given(header=st.dictionaries(HEADER_NAMES, JSON, max_size=3))
def test_any_header_is_that_of_a_message_or_is_refused(header: dict[str, Any]) -> None:
    first, _, rest = encrypted({}).partition(b".")
    known = json.loads(from_base64url(first.decode()))
    spoilt = to_base64url(json.dumps({**known, **header}).encode()).encode()
    is_read(spoilt + b"." + rest)


@given(parts=PARTS)
def test_parts_of_chance_are_no_message(parts: list[bytes]) -> None:
    assert not is_read(".".join(to_base64url(part) for part in parts).encode())


@given(body=st.binary(max_size=300))
def test_bytes_of_chance_are_no_message(body: bytes) -> None:
    assert not is_read(body)


@given(wanted=JSON, member=st.sampled_from(["jwk", "enc", "zip", None]))
def test_any_wish_is_one_or_is_refused(wanted: Any, member: str | None) -> None:
    wish = wanted if member is None else {**WANTED, member: wanted}
    is_read(encrypted({"credential_response_encryption": wish}))
