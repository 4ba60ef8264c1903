"""Who reads: the student named by a token that the portal has issued for this API and nothing else."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request

from notifier.domain import Recipient
from notifier.parts import Parts, TheParts
from notifier.problems import KeysAway, TokenMissing
from servicekit.bearer import bearer_token
from servicekit.remote_keys import KeysUnavailable
from servicekit.tokens import InvalidToken

SCOPE = "alerts"


@dataclass(frozen=True, slots=True)
class Reader:
    """A student, for as long as the token lasts."""

    recipient: Recipient
    until: datetime


async def _reader_of(request: Request, parts: TheParts) -> Reader:
    token = bearer_token(request.headers.get("authorization"))
    if not token:
        raise TokenMissing(headers={"WWW-Authenticate": "Bearer"})
    try:
        return _read(await _claims_of(token, parts))
    except (InvalidToken, ValueError):
        raise TokenMissing(headers={"WWW-Authenticate": 'Bearer error="invalid_token"'}) from None
    except KeysUnavailable:
        raise KeysAway(headers={"Retry-After": "5"}) from None


async def _claims_of(token: str, parts: Parts) -> dict[str, Any]:
    return await parts.portal_keys.verify(
        token,
        typ="at+jwt",
        issuer=parts.settings.ordering_public_url,
        audience=parts.settings.notifier_public_url,
        now=parts.works.clock(),
    )


def _read(claims: dict[str, Any]) -> Reader:
    if SCOPE not in str(claims.get("scope", "")).split():
        raise InvalidToken("the scope is missing")
    recipient = Recipient(str(claims.get("institution_id")), UUID(str(claims.get("sub"))))
    return Reader(recipient, datetime.fromtimestamp(claims["exp"], UTC))


TheReader = Annotated[Reader, Depends(_reader_of)]
