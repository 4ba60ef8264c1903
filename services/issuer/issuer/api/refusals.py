"""Who was refused too often has to wait; good requests are not counted, since a campus is one address."""

from collections.abc import AsyncIterator

from fastapi import Depends, Request

from issuer.parts import TheParts
from servicekit.limits import client_address
from servicekit.oauth import OAuthError


async def _limit_refusals(request: Request, parts: TheParts) -> AsyncIterator[None]:
    """What we cannot do at the moment is no refusal."""
    address = client_address(request, parts.trusted_proxies)
    seconds = await parts.refused.retry_after(address)
    if seconds is not None:
        headers = {"Retry-After": str(seconds)}
        raise OAuthError("slow_down", "too many refused requests", status=429, headers=headers)
    try:
        yield
    except OAuthError as error:
        if error.status < 500:
            await parts.refused.refused(address)
        raise


LimitRefusals = Depends(_limit_refusals)
