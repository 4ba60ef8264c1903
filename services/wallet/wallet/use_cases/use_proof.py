"""A proof of a client's key serves once: written down last, in the transaction that gives what it is for."""

from eventing import UnitOfWork
from servicekit.dpop import DpopProof
from wallet.attestations import Attested
from wallet.store import used_proofs


class ProofUsed(Exception):
    """The proof has served another request."""

    def __init__(self, proof: DpopProof | Attested) -> None:
        super().__init__()
        self.proof = proof


async def use_proof(work: UnitOfWork, proof: DpopProof | Attested) -> None:
    if not await used_proofs.use_proof(work.connection, proof.digest, proof.lapses_at):
        raise ProofUsed(proof)
