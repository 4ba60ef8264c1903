"""A DPoP proof serves once: written down last, in the transaction that does what it was sent for."""

from eventing import UnitOfWork
from issuer.store import nonces
from servicekit.dpop import DpopProof


class ProofUsed(Exception):
    """The proof has served another request."""


async def use_proof(work: UnitOfWork, proof: DpopProof | None) -> None:
    """Raises `ProofUsed`. A token that is bound to no key comes without a proof."""
    if proof is not None and not await nonces.use_nonce(work.connection, proof.digest, proof.lapses_at):
        raise ProofUsed
