"""DPoP proofs (RFC 9449): a JWT by which a client shows, for one request, the key that its token is bound to.

Whether a proof has been used before is not known here: who takes it writes its `digest` down, last of all.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from servicekit.bytes import from_base64url, to_base64url
from servicekit.tokens import MAX_TOKEN

TYP = "dpop+jwt"
ALGORITHMS = ("ES256",)
CLOCK_SKEW = timedelta(minutes=5)

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_LAST_TIME = 2**37  # JSON may hold numbers that no calendar survives
_LONGEST_JTI = 256
_PORTS = {"http": 80, "https": 443}
# What joserfc raises of a token whose header holds values of another kind than it expects.
_NO_PROOF = (JoseError, TypeError, ValueError, AttributeError, RecursionError)


class InvalidDpopProof(Exception):
    """The text says what is wrong in ASCII, and repeats nothing of the proof."""


@dataclass(frozen=True, slots=True)
class DpopProof:
    """A key that was shown. `digest` stands for key and `jti`; after `lapses_at` it is too old anyway."""

    jkt: str
    digest: bytes
    lapses_at: datetime
    nonce: str | None


def check_dpop_proof(
    token: str, *, method: str, url: str, now: datetime, access_token: str | None = None
) -> DpopProof:
    """All of RFC 9449, 4.3, but for the nonce and for use before. Raises `InvalidDpopProof`."""
    key, claims = _verified(token)
    _check_request(claims, method, url)
    made_at = _made_at(claims, now)
    if access_token is not None and claims.get("ath") != token_hash(access_token):
        raise InvalidDpopProof("ath must be the hash of the access token")
    nonce = claims.get("nonce")
    if nonce is not None and not isinstance(nonce, str):
        raise InvalidDpopProof("nonce must be text")
    jkt = key.thumbprint()
    digest = hashlib.sha256(f"{jkt}.{_jti(claims)}".encode()).digest()
    return DpopProof(jkt, digest, made_at + CLOCK_SKEW, nonce)


def token_hash(access_token: str) -> str:
    return to_base64url(hashlib.sha256(access_token.encode()).digest())


def _verified(token: str) -> tuple[ECKey, dict[str, Any]]:
    if len(token) > MAX_TOKEN:
        raise InvalidDpopProof("the proof is too long")
    try:
        key = _key_of(json.loads(from_base64url(token.partition(".")[0])))
        signed = jws.deserialize_compact(token, key, registry=_REGISTRY)
        claims = json.loads(signed.payload)
    except _NO_PROOF:
        raise InvalidDpopProof("the proof is not a JWT whose signature holds") from None
    if not isinstance(claims, dict):
        raise InvalidDpopProof("the claims must be an object")
    return key, claims


def _key_of(header: Mapping[str, Any]) -> ECKey:
    if header.get("typ") != TYP:
        raise InvalidDpopProof(f"typ must be {TYP}")
    if header.get("alg") not in ALGORITHMS:
        raise InvalidDpopProof("alg must be ES256")
    if "crit" in header:
        raise InvalidDpopProof("no critical extension is known")
    jwk = header.get("jwk")
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("EC", "P-256"):
        raise InvalidDpopProof("jwk must be a P-256 key")
    if _PRIVATE & jwk.keys():
        raise InvalidDpopProof("jwk must not hold a private key")
    return ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y") if name in jwk})


def _check_request(claims: Mapping[str, Any], method: str, url: str) -> None:
    if claims.get("htm") != method:
        raise InvalidDpopProof("htm must be the method of the request")
    if not isinstance(claims.get("htu"), str) or _plain(claims["htu"]) != _plain(url):
        raise InvalidDpopProof("htu must be the address of the request")


def _plain(url: str) -> tuple[str, str | None, int | None, str] | None:
    """Without query and fragment, and in one spelling (RFC 3986, 6.2.2 and 6.2.3)."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port, parts.path or "/"


def _made_at(claims: Mapping[str, Any], now: datetime) -> datetime:
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not 0 <= issued < _LAST_TIME:
        raise InvalidDpopProof("iat must be a time")
    made_at = datetime.fromtimestamp(issued, UTC)
    if abs(now - made_at) > CLOCK_SKEW:
        raise InvalidDpopProof("iat is too far from now")
    return made_at


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _LONGEST_JTI:
        raise InvalidDpopProof("jti is missing, or too long")
    return jti


def _registry() -> jws.JWSRegistry:
    registry = jws.JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    registry.max_header_length = MAX_TOKEN
    return registry


_REGISTRY = _registry()
