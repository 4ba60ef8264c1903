"""Encrypted requests and answers (OpenID4VCI 1.0, 10): inside TLS, so that no gateway reads a card."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from issuer.strict_json import parse_object
from servicekit.accepting import DEFAULT_LIMIT
from servicekit.bytes import from_base64url
from servicekit.es256 import public_key
from servicekit.keys import SigningKey, SigningKeys
from servicekit.oauth import OAuthError

MEDIA_TYPE = "application/jwt"
ALGORITHM = "ECDH-ES"
CONTENT_ALGORITHMS = ("A128GCM", "A256GCM")
COMPRESSION = ("DEF",)

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
# joserfc inflates at most 250 kB, so that little data cannot fill the memory; what comes out is bound below.
_REGISTRY = jwe.JWERegistry(
    algorithms=[ALGORITHM, *CONTENT_ALGORITHMS, *COMPRESSION], strict_check_header=False
)
# What joserfc raises of a message whose header holds values of another kind than it expects.
_NO_MESSAGE = (JoseError, TypeError, ValueError, KeyError, AttributeError, AssertionError, zlib.error)


@dataclass(frozen=True, slots=True)
class AnswerKey:
    """The key of a wallet, and how it wants the answer to one request."""

    key: ECKey = field(repr=False)
    kid: str | None
    content_algorithm: str
    is_compressed: bool

    def encrypt(self, answer: Mapping[str, Any]) -> str:
        header = {"alg": ALGORITHM, "enc": self.content_algorithm}
        if self.kid is not None:
            header["kid"] = self.kid
        if self.is_compressed:
            header["zip"] = COMPRESSION[0]
        return jwe.encrypt_compact(header, json.dumps(answer).encode(), self.key, registry=_REGISTRY)


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """A request as JSON, and the key for its answer; without one the answer goes in the clear."""

    body: bytes
    answer_key: AnswerKey | None


@dataclass(frozen=True, slots=True)
class Encryption:
    """The keys that requests are encrypted for; `required` refuses all that goes in the clear."""

    keys: SigningKeys
    required: bool

    def metadata(self) -> dict[str, Any]:
        """OpenID4VCI 1.0, 12.2.4. Retired keys still open what was made for them, and are offered no more."""
        ways = {
            "enc_values_supported": list(CONTENT_ALGORITHMS),
            "zip_values_supported": list(COMPRESSION),
            "encryption_required": self.required,
        }
        return {
            "credential_request_encryption": {"jwks": {"keys": [_published(self.keys.current)]}, **ways},
            "credential_response_encryption": {"alg_values_supported": [ALGORITHM], **ways},
        }

    def open_request(self, body: bytes, *, is_encrypted: bool) -> OpenedRequest:
        """Raises `OAuthError`. A body that is no JSON object is passed on: whoever reads it refuses it."""
        if self.required and not is_encrypted:
            raise _wrong("requests must be encrypted")
        body = self._decrypted(body) if is_encrypted else body
        wanted = _wanted(body)
        if wanted is not None and not is_encrypted:
            raise _wrong("a request that names a key for its answer must be encrypted")
        if wanted is None and self.required:
            raise _wrong("credential_response_encryption is missing")
        return OpenedRequest(body, None if wanted is None else _answer_key(wanted))

    def _decrypted(self, message: bytes) -> bytes:
        try:
            header = parse_object(from_base64url(message.partition(b".")[0].decode()))
            key = self._key_for(header)
            body = jwe.decrypt_compact(message, key, registry=_REGISTRY).plaintext
        except _NO_MESSAGE:
            raise _unreadable("the request is not a JWE for a key of this issuer") from None
        if body is None or len(body) > DEFAULT_LIMIT:
            raise _unreadable("the request is too long")
        return body

    def _key_for(self, header: Mapping[str, Any]) -> ECKey:
        _check_offered(header, "alg", (ALGORITHM,))
        _check_offered(header, "enc", CONTENT_ALGORITHMS)
        _check_offered(header, "zip", (None, *COMPRESSION))
        for key in self.keys.all:
            if key.kid == header.get("kid"):
                return key.key
        raise _wrong("kid must be that of a key of this issuer")


def _published(key: SigningKey) -> dict[str, Any]:
    return {**key.key.as_dict(private=False), "kid": key.kid, "use": "enc", "alg": ALGORITHM}


def _wanted(body: bytes) -> Any:
    try:
        return parse_object(body).get("credential_response_encryption")
    except ValueError:
        return None


def _answer_key(wanted: Any) -> AnswerKey:
    if not isinstance(wanted, dict):
        raise _wrong("credential_response_encryption must be an object")
    _check_offered(wanted, "enc", CONTENT_ALGORITHMS)
    _check_offered(wanted, "zip", (None, *COMPRESSION))
    jwk = wanted.get("jwk")
    if not isinstance(jwk, dict):
        raise _wrong("jwk must be an object")
    kid = jwk.get("kid")
    if not isinstance(kid, str | None):
        raise _wrong("kid must be text")
    return AnswerKey(_public_key(jwk), kid, wanted["enc"], wanted.get("zip") is not None)


def _public_key(jwk: Mapping[str, Any]) -> ECKey:
    if _PRIVATE & jwk.keys():
        raise _wrong("jwk must not hold a private key")
    _check_offered(jwk, "alg", (ALGORITHM,))
    _check_offered(jwk, "use", (None, "enc"))
    _check_offered(jwk, "kty", ("EC",))
    _check_offered(jwk, "crv", ("P-256",))
    try:
        return ECKey.import_key(public_key(jwk))
    except (KeyError, TypeError, ValueError):
        raise _wrong("jwk is not a point of P-256") from None


def _check_offered(members: Mapping[str, Any], name: str, offered: tuple[str | None, ...]) -> None:
    if members.get(name) not in offered:
        named = ", ".join(value for value in offered if value)
        raise _wrong(f"{name} must be one of: {named}")


def _wrong(description: str) -> OAuthError:
    return OAuthError("invalid_encryption_parameters", description)


def _unreadable(description: str) -> OAuthError:
    return OAuthError("invalid_credential_request", description)
