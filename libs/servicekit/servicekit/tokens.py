"""Signed JWTs: made with one key, checked against what the caller expects and against a clock passed in."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from joserfc import jws
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from servicekit.bytes import from_base64url
from servicekit.keys import SigningKey

LEEWAY = 5  # seconds between the clocks of two services
MAX_TOKEN = 8192  # characters; nothing of ours comes near it

_REGISTRY: dict[tuple[str, ...], jws.JWSRegistry] = {}


class InvalidToken(Exception):
    """The token is not what was expected; the text is fixed and repeats nothing of the token."""


class UnknownKeyId(InvalidToken):
    """Signed under a key that is not in the set: perhaps the set is old."""


def sign_jwt(
    key: SigningKey, *, typ: str, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None
) -> str:
    """Compact ES256. Times in `claims` are integer seconds; `header` adds parameters such as `x5c`."""
    protected = {"alg": "ES256", "typ": typ, "kid": key.kid, **(header or {})}
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    return jws.serialize_compact(protected, payload, key.key, registry=_registry(("ES256",)))


def verify_jwt(
    token: str,
    keys: KeySet,
    *,
    typ: str,
    issuer: str,
    audience: str,
    now: datetime,
    algorithms: Collection[str] = ("ES256",),
) -> dict[str, Any]:
    """The claims, or InvalidToken. `exp` and `iat` are required, `aud` must name exactly this audience."""
    header, claims = verify_signature(token, keys, algorithms=algorithms)
    check_claims(header, claims, typ=typ, issuer=issuer, audience=audience, now=now)
    return claims


def check_claims(
    header: Mapping[str, Any],
    claims: Mapping[str, Any],
    *,
    typ: str,
    issuer: str,
    audience: str,
    now: datetime,
    grace: timedelta = timedelta(0),
) -> None:
    """Everything `verify_jwt` checks beside the signature; `grace` is added to the token's life."""
    if _media_type(header.get("typ")) != _media_type(typ):
        raise InvalidToken("wrong type of token")
    if claims.get("iss") != issuer:
        raise InvalidToken("wrong issuer")
    if claims.get("aud") not in (audience, [audience]):
        raise InvalidToken("wrong audience")
    check_times(claims, now, grace)


def verify_signature(
    token: str, keys: KeySet, *, algorithms: Collection[str] = ("ES256",)
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature holds; nothing else about it is checked."""
    if len(token) > MAX_TOKEN:
        raise InvalidToken("too long")
    try:
        signed = jws.deserialize_compact(token, keys, registry=_registry(tuple(algorithms)))
        claims = json.loads(signed.payload)
    except InvalidKeyIdError:
        raise UnknownKeyId("unknown key") from None
    except (JoseError, ValueError, TypeError, RecursionError):
        raise InvalidToken("not a token, or the signature does not hold") from None
    if not isinstance(claims, dict):
        raise InvalidToken("not a token")
    return dict(signed.headers()), claims


def claimed_type(token: str) -> str | None:
    """What the header of a JWT says it is, unchecked; None when the token is no JWT."""
    try:
        header = json.loads(from_base64url(token.split(".", 1)[0])) if token.count(".") == 2 else None
    except (ValueError, RecursionError):
        return None
    return _media_type(header.get("typ")) if isinstance(header, dict) else None


def check_times(claims: Mapping[str, Any], now: datetime, grace: timedelta = timedelta(0)) -> None:
    seconds = now.timestamp()
    expires, issued = claims.get("exp"), claims.get("iat")
    if not (_is_time(expires) and _is_time(issued)):
        raise InvalidToken("no times")
    if expires + grace.total_seconds() <= seconds - LEEWAY:
        raise InvalidToken("expired")
    not_before = claims.get("nbf", issued)
    if not _is_time(not_before) or max(issued, not_before) > seconds + LEEWAY:
        raise InvalidToken("not valid yet")


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 2**40


def _media_type(typ: Any) -> str:
    return str(typ).lower().removeprefix("application/")


def _registry(algorithms: tuple[str, ...]) -> jws.JWSRegistry:
    if algorithms not in _REGISTRY:
        registry = jws.JWSRegistry(algorithms=list(algorithms), strict_check_header=False)
        registry.max_header_length = MAX_TOKEN  # the default of 512 has no room for a certificate
        _REGISTRY[algorithms] = registry
    return _REGISTRY[algorithms]
