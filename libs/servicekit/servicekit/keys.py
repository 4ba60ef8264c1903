"""Keys as files or variables: rings of secrets, ES256 signing keys, and signing keys with a certificate.

A service is given only the files it needs; nothing here is ever written to a database or a log.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, KeySet

from servicekit.bytes import from_base64url
from servicekit.key_files import key_file, key_variable
from servicekit.new_keys import create_development_keys

__all__ = [
    "CertifiedKey",
    "CertifiedKeys",
    "KeyRing",
    "KeyUnavailable",
    "Keys",
    "RingKey",
    "SigningKey",
    "SigningKeys",
    "UnknownKey",
    "create_development_keys",
    "key_file",
]


class KeyUnavailable(RuntimeError):
    """A key file is missing, unreadable, or not fit for this environment; the message says the cure."""


class UnknownKey(LookupError):
    """The ring does not hold the key that was named: a fault of deployment, not of the caller."""


@dataclass(frozen=True, slots=True)
class RingKey:
    """One 32-byte secret and the short id under which its uses are stored."""

    id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Secrets of one purpose: `current` is used for new things, all of them for old ones."""

    current: RingKey
    keys: Mapping[str, RingKey] = field(repr=False)

    def secret(self, key_id: str) -> bytes:
        key = self.keys.get(key_id)
        if key is None:
            raise UnknownKey("the key ring does not hold this key id")
        return key.secret

    def secrets(self) -> list[bytes]:
        """The current one first."""
        others = [key.secret for key in self.keys.values() if key is not self.current]
        return [self.current.secret, *others]

    @classmethod
    def single(cls, key_id: str, secret: bytes) -> "KeyRing":
        key = RingKey(key_id, secret)
        return cls(key, {key_id: key})


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private ES256 key; `kid` is its RFC 7638 thumbprint."""

    kid: str
    key: ECKey = field(repr=False)

    def public_jwk(self) -> dict[str, Any]:
        return {**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": "ES256"}


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """`current` signs; `all` (also the retired and the coming ones) are published."""

    current: SigningKey
    all: tuple[SigningKey, ...]

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        return {"keys": [key.public_jwk() for key in self.all]}

    def public_keys(self) -> KeySet:
        return KeySet.import_key_set(self.public_jwks())  # type: ignore[arg-type] # its TypedDict is narrower than JSON


@dataclass(frozen=True, slots=True)
class CertifiedKey:
    """A signing key with its certificate chain: base64 DER, leaf first, without the trust anchor."""

    signing: SigningKey
    x5c: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CertifiedKeys:
    """Like `SigningKeys`, each key with its chain."""

    current: CertifiedKey
    all: tuple[CertifiedKey, ...]

    def public_jwks(self) -> dict[str, list[dict[str, Any]]]:
        return {"keys": [{**key.signing.public_jwk(), "x5c": list(key.x5c)} for key in self.all]}


class Keys:
    """Reads key files below one directory, or the variables that stand for them.

    Production refuses those made for development.
    """

    def __init__(
        self, directory: Path, *, production: bool = False, variables: Mapping[str, str] = os.environ
    ) -> None:
        self.directory = directory
        self.production = production
        self.variables = variables

    def ring(self, name: str) -> KeyRing:
        document = self._read(name, "ring")
        keys = {item["id"]: RingKey(item["id"], from_base64url(item["secret"])) for item in document["keys"]}
        return KeyRing(keys[document["current"]], keys)

    def signing_keys(self, name: str) -> SigningKeys:
        document = self._read(name, "signing")
        keys = {item["kid"]: _signing_key(item) for item in document["keys"]}
        return SigningKeys(keys[document["current"]], tuple(keys.values()))

    def certified(self, name: str) -> CertifiedKeys:
        document = self._read(name, "certified")
        keys = {
            item["jwk"]["kid"]: CertifiedKey(_signing_key(item["jwk"]), tuple(item["x5c"]))
            for item in document["keys"]
        }
        return CertifiedKeys(keys[document["current"]], tuple(keys.values()))

    def _read(self, name: str, kind: str) -> dict[str, Any]:
        where, text = self._text(name)
        try:
            document: dict[str, Any] = json.loads(text)
        except ValueError:
            raise KeyUnavailable(f"{where} is not JSON; put the original back") from None
        if not isinstance(document, dict) or document.get("kind") != kind:
            raise KeyUnavailable(f"{where} is not of the kind {kind}")
        if self.production and document.get("development"):
            raise KeyUnavailable(f"{where} was made for development; production needs its own keys")
        return document

    def _text(self, name: str) -> tuple[str, str]:
        """Where it stands, in words, and what stands there."""
        variable = key_variable(name)
        if variable in self.variables:
            return f"the key in {variable}", self.variables[variable]
        path = key_file(self.directory, name)
        try:
            return f"key file {path}", path.read_text(encoding="utf-8")
        except OSError as error:
            cure = f"make it (make keys), and check KEYS_DIR or give it as {variable}"
            raise KeyUnavailable(f"cannot read key file {path}: {error.strerror}; {cure}") from None


def _signing_key(jwk: Mapping[str, Any]) -> SigningKey:
    return SigningKey(jwk["kid"], ECKey.import_key(dict(jwk)))
