"""Who asks at the token endpoint: the key that binds the token (RFC 9449, 5), and who vouches for it."""

from datetime import datetime

from fastapi import Request

from eventing import UnitOfWork
from servicekit.dpop import DpopProof
from servicekit.dpop_rules import DpopRefused
from servicekit.oauth import OAuthError
from wallet.attestations import AttestationRefused, Attested, check_attestation
from wallet.parts import Parts
from wallet.use_cases.use_proof import ProofUsed, use_proof


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


def check_client(request: Request, parts: Parts, client_id: str | None, now: datetime) -> Attested | None:
    """None for a client that nobody vouches for, where that is enough. Raises `OAuthError`."""
    attestations = request.headers.getlist("oauth-client-attestation")
    pops = request.headers.getlist("oauth-client-attestation-pop")
    if not parts.attesters or not (attestations or pops):
        if parts.settings.wallet_attestation_required:
            raise OAuthError("invalid_client", "A wallet attestation is needed.", status=401)
        return None
    if len(attestations) != 1 or len(pops) != 1:
        raise OAuthError("invalid_client_attestation", "One attestation and one proof of it are needed.")
    url = parts.settings.wallet_public_url
    try:
        attested = check_attestation(attestations[0], pops[0], anchors=parts.attesters, audience=url, now=now)
    except AttestationRefused as refused:
        raise OAuthError(refused.error, refused.description) from None
    if client_id not in (None, attested.client_id):
        raise OAuthError("invalid_client", "client_id must be the sub of the attestation.", status=401)
    return attested


def proof_used(used: ProofUsed) -> OAuthError:
    error = "invalid_dpop_proof" if isinstance(used.proof, DpopProof) else "invalid_client_attestation"
    return OAuthError(error, "The proof has been used: make a new one for each request.")


async def use_up(work: UnitOfWork, proof: DpopProof | None, attested: Attested | None) -> None:
    """Raises `ProofUsed`."""
    for each in (proof, attested):
        if each is not None:
            await use_proof(work, each)
