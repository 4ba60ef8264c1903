"""Who is refused too often is told to wait; all others are served, since a campus is one address."""

from collections.abc import AsyncIterator

from fastapi import Depends, Request

from servicekit.limits import client_address
from servicekit.oauth import OAuthError
from servicekit.refusals import TooManyRequests
from wallet.parts import Parts, TheParts
from wallet.problems import OfferUnknown, ProofRefused

_COUNTED = (OAuthError, OfferUnknown, ProofRefused)


async def count_refusal(request: Request, parts: Parts) -> int | None:
    """Seconds to wait when this address has been refused too often, else None."""
    return await parts.refused.refused(client_address(request, parts.settings.trusted_proxies))


async def _limit_refusals(request: Request, parts: TheParts) -> AsyncIterator[None]:
    """The work is done first: whether a request is good is known only then, and a wrong code has counted."""
    try:
        yield
    except _COUNTED as error:
        if getattr(error, "error", None) == "use_dpop_nonce":  # the first request of any client that has none
            raise
        seconds = await count_refusal(request, parts)
        if seconds is None:
            raise
        raise _slow_down(error, seconds) from None


def _slow_down(error: Exception, seconds: int) -> Exception:
    """In the words of the endpoint."""
    if not isinstance(error, OAuthError):
        return TooManyRequests(seconds)
    headers = {"Retry-After": str(seconds)}
    return OAuthError("slow_down", "Too many refused requests: wait.", status=429, headers=headers)


LimitRefusals = Depends(_limit_refusals)
