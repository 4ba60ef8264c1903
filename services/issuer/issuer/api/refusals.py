"""Who was refused too often has to wait; good requests are not counted, since a campus is one address."""

from collections.abc import AsyncIterator

from fastapi import Depends, Request

from issuer.parts import TheParts
from servicekit.limits import client_address
from servicekit.oauth import OAuthError


def slow_down(description: str, seconds: int) -> OAuthError:
    return OAuthError("slow_down", description, status=429, headers={"Retry-After": str(seconds)})


async def _limit_refusals(request: Request, parts: TheParts) -> AsyncIterator[None]:
    """What we cannot do now is no refusal, nor is what comes too often, nor a first proof without a nonce."""
    address = client_address(request, parts.trusted_proxies)
    seconds = await parts.refused.retry_after(address)
    if seconds is not None:
        raise slow_down("too many refused requests", seconds)
    try:
        yield
    except OAuthError as error:
        if error.status < 429 and error.error != "use_dpop_nonce":
            await parts.refused.refused(address)
        raise


LimitRefusals = Depends(_limit_refusals)
