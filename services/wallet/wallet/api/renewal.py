"""Refresh tokens at the token endpoint: only with a proof of the key that they are bound to (RFC 9449, 5)."""

import structlog

from servicekit.dpop import DpopProof
from servicekit.oauth import OAuthError
from wallet.api.client_keys import proof_used, use_up
from wallet.attestations import Attested
from wallet.domain import Grant, RenewalRefusal
from wallet.forms import RefreshForm
from wallet.metrics import count_renewal
from wallet.parts import Parts
from wallet.problems import RenewalRefused
from wallet.refresh_tokens import RefreshToken, read_refresh_token, successors
from wallet.use_cases.renew_access import renew_access
from wallet.use_cases.use_proof import ProofUsed

log = structlog.get_logger()


async def renew(
    parts: Parts, form: RefreshForm, proof: DpopProof | None, attested: Attested | None
) -> tuple[Grant, RefreshToken]:
    """Raises `OAuthError`."""
    if proof is None:
        raise OAuthError("invalid_dpop_proof", "A refresh token needs a proof of its key.")
    token = read_refresh_token(form.refresh_token)
    if token is None:
        raise RenewalRefused(RenewalRefusal.UNKNOWN)
    outcome = await _outcome(parts, token, proof, attested)
    # Only here, after the commit, may a refusal become an error: a reused token has ended its activation's.
    if isinstance(outcome, RenewalRefusal):
        count_renewal(outcome)
        raise RenewalRefused(outcome)
    count_renewal(None)
    return outcome


async def _outcome(
    parts: Parts, token: RefreshToken, proof: DpopProof, attested: Attested | None
) -> tuple[Grant, RefreshToken] | RenewalRefusal:
    try:
        async with parts.works.begin() as work:
            outcome = await renew_access(work, token, proof.jkt, successors(parts.keys.codes, token))
            if not isinstance(outcome, RenewalRefusal):
                await use_up(work, proof, attested)
    except ProofUsed as used:
        raise proof_used(used) from None
    if outcome is RenewalRefusal.REUSED:
        log.warning("refresh_token_reused", activation_id=token.activation_id)
    return outcome
