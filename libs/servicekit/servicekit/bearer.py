"""Bearer tokens of the provider: they count only when they were issued for this API (protocol 8)."""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from servicekit.provider import Provider
from servicekit.tokens import MAX_TOKEN, InvalidToken, check_times, claimed_type

_REMEMBERED = timedelta(seconds=30)
_MOST_REMEMBERED = 1000
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, 2.1


@dataclass(frozen=True, slots=True)
class BearerClaims:
    """What a token that counts says about its person."""

    subject: str
    institution_id: str
    signed_in_at: datetime | None
    expires_at: datetime


def bearer_token(authorization: str | None) -> str | None:
    """What `Authorization: Bearer` names, perhaps nothing; None where another scheme is named, or none."""
    scheme, _, token = (authorization or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


class BearerTokens:
    """`at+jwt` is checked here, other tokens by introspection.

    Userinfo proves no audience: with `userinfo_counts` (development only) it is asked when the provider
    has no introspection.
    """

    def __init__(
        self,
        provider: Provider,
        *,
        audience: str,
        scope: str,
        userinfo_counts: bool,
        clock: Callable[[], datetime],
    ) -> None:
        self._provider = provider
        self._audience = audience
        self._scope = scope
        self._userinfo_counts = userinfo_counts
        self._clock = clock
        self._remembered: dict[bytes, tuple[datetime, BearerClaims]] = {}

    async def claims(self, token: str) -> BearerClaims:
        """Raises InvalidToken."""
        if len(token) > MAX_TOKEN or not _TOKEN.fullmatch(token):
            raise InvalidToken("not a token")
        key, now = hashlib.sha256(token.encode()).digest(), self._clock()
        until, claims = self._remembered.get(key, (now, None))
        if claims is None or now >= until:
            claims = await self._check(token, now)
            self._remember(key, claims, now)
        return claims

    def _remember(self, key: bytes, claims: BearerClaims, now: datetime) -> None:
        if len(self._remembered) >= _MOST_REMEMBERED:
            self._remembered.clear()
        self._remembered[key] = (min(now + _REMEMBERED, claims.expires_at), claims)

    async def _check(self, token: str, now: datetime) -> BearerClaims:
        if claimed_type(token) == "at+jwt":
            return await self._by_signature(token, now)
        if (await self._provider.endpoints()).introspection is not None:
            return await self._by_introspection(token, now)
        if self._userinfo_counts:
            return await self._by_userinfo(token, now)
        raise InvalidToken("not a token for this API")

    async def _by_signature(self, token: str, now: datetime) -> BearerClaims:
        _, claims = await self._provider.verify_signature(token)
        if claims.get("iss") != self._provider.issuer:
            raise InvalidToken("wrong issuer")
        check_times(claims, now)
        return self._for_this_api(claims)

    async def _by_introspection(self, token: str, now: datetime) -> BearerClaims:
        claims = await self._provider.introspect(token)
        if claims.get("active") is not True:
            raise InvalidToken("not active")
        if claims.get("iss", self._provider.issuer) != self._provider.issuer:
            raise InvalidToken("wrong issuer")
        return self._for_this_api({"exp": (now + _REMEMBERED).timestamp(), **claims})

    def _for_this_api(self, claims: Mapping[str, Any]) -> BearerClaims:
        audiences = claims.get("aud")
        if self._audience not in (audiences if isinstance(audiences, list) else [audiences]):
            raise InvalidToken("wrong audience")
        if self._scope not in str(claims.get("scope", "")).split():
            raise InvalidToken("the scope is missing")
        return _claims(claims)

    async def _by_userinfo(self, token: str, now: datetime) -> BearerClaims:
        claims = await self._provider.userinfo(token)
        if claims is None:
            raise InvalidToken("unknown token")
        return _claims({"exp": (now + timedelta(minutes=15)).timestamp(), **claims})


def _claims(claims: Mapping[str, Any]) -> BearerClaims:
    subject, institution, expires = claims.get("sub"), claims.get("institution"), claims.get("exp")
    if not (isinstance(subject, str) and subject and isinstance(institution, str) and institution):
        raise InvalidToken("no person")
    if not isinstance(expires, int | float):
        raise InvalidToken("no times")
    return BearerClaims(
        subject, institution, moment(claims.get("auth_time")), datetime.fromtimestamp(expires, UTC)
    )


def moment(seconds: Any) -> datetime | None:
    if isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 < seconds < 2**40:
        return datetime.fromtimestamp(seconds, UTC)
    return None
