"""Forget a handle and its pack, at the wish of the card's key."""

from eventing import UnitOfWork
from wallet.problems import ProofRefused
from wallet.proofs import PackProof, pack_proof_holds
from wallet.store import cards, presentations


async def delete_presentation(work: UnitOfWork, handle: bytes, proof: PackProof) -> None:
    """The proof is for an empty body, so none that stores a pack can be used to delete it."""
    card = await cards.lock_card(work.connection, proof.credential_id)
    if card is None or card.holder_jwk is None:
        raise ProofRefused
    if not pack_proof_holds(proof, card.holder_jwk, handle, b"", work.now):
        raise ProofRefused
    await presentations.delete_presentation(work.connection, handle, card.credential_id)
