"""Who is refused too often is told to wait; all others are served, since a campus is one address."""

from collections.abc import AsyncIterator

from fastapi import Depends, Request

from issuer.parts import TheParts
from servicekit.limits import client_address
from servicekit.oauth import OAuthError


def slow_down(description: str, seconds: int) -> OAuthError:
    return OAuthError("slow_down", description, status=429, headers={"Retry-After": str(seconds)})


async def _limit_refusals(request: Request, parts: TheParts) -> AsyncIterator[None]:
    """What we cannot do now is no refusal, nor is what comes too often, nor a first proof without a nonce."""
    try:
        yield
    except OAuthError as error:
        if error.status >= 429 or error.error == "use_dpop_nonce":
            raise
        seconds = await parts.refused.refused(client_address(request, parts.trusted_proxies))
        if seconds is None:
            raise
        raise slow_down("too many refused requests", seconds) from None


LimitRefusals = Depends(_limit_refusals)
