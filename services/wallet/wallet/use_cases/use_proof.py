"""A DPoP proof serves once: written down last, in the transaction that gives what it was sent for."""

from eventing import UnitOfWork
from servicekit.dpop import DpopProof
from wallet.store import dpop_proofs


class ProofUsed(Exception):
    """The proof has served another request."""


async def use_proof(work: UnitOfWork, proof: DpopProof) -> None:
    if not await dpop_proofs.use_proof(work.connection, proof.digest, proof.lapses_at):
        raise ProofUsed
