"""Who was refused too often has to wait; good requests are not counted, since a campus is one address."""

from collections.abc import AsyncIterator

from fastapi import Depends, Request

from servicekit.limits import client_address
from servicekit.oauth import OAuthError
from wallet.parts import Parts, TheParts
from wallet.problems import OfferUnknown, ProofRefused

_COUNTED = (OAuthError, OfferUnknown, ProofRefused)


async def count_refusal(request: Request, parts: Parts) -> None:
    await parts.refused.refused(client_address(request, parts.settings.trusted_proxies))


async def _limit_refusals(request: Request, parts: TheParts) -> AsyncIterator[None]:
    await parts.refused.check(client_address(request, parts.settings.trusted_proxies))
    try:
        yield
    except _COUNTED as error:
        if getattr(error, "error", None) != "use_dpop_nonce":  # the first request of any client that has none
            await count_refusal(request, parts)
        raise


async def _speak_oauth(request: Request, parts: TheParts) -> None:
    """The same limit, told in the words of the token endpoint."""
    seconds = await parts.refused.retry_after(client_address(request, parts.settings.trusted_proxies))
    if seconds is not None:
        headers = {"Retry-After": str(seconds)}
        raise OAuthError("slow_down", "Too many refused requests: wait.", status=429, headers=headers)


LimitRefusals = Depends(_limit_refusals)
LimitOAuthRefusals = Depends(_speak_oauth)
