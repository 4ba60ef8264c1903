"""The key that a client binds its token to, as the token endpoint takes it (RFC 9449, 5)."""

from datetime import datetime

from fastapi import Request

from servicekit.dpop import DpopProof
from servicekit.dpop_rules import DpopRefused
from servicekit.oauth import OAuthError
from wallet.parts import Parts


def check_proof(request: Request, parts: Parts, now: datetime) -> DpopProof | None:
    """None where no proof was sent and none is required. Raises `OAuthError` with a nonce for the next."""
    proofs = request.headers.getlist("dpop")
    if not proofs and not parts.dpop.required:
        return None
    url = f"{parts.settings.wallet_public_url}/token"
    try:
        return parts.dpop.check(proofs, method=request.method, url=url, now=now)
    except DpopRefused as refused:
        raise OAuthError(refused.error, refused.description, headers=parts.dpop.headers(now)) from None


def proof_used() -> OAuthError:
    return OAuthError("invalid_dpop_proof", "the proof has been used: make a new one for each request")
