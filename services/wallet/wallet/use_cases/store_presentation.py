"""Store the sealed pack of an active card under a handle that its key has signed."""

from eventing import UnitOfWork
from wallet.problems import CardNotActive, CardNotIssued, PresentationOutdated, ProofRefused
from wallet.proofs import PackProof, pack_proof_holds
from wallet.store import cards, presentations


async def store_presentation(work: UnitOfWork, handle: bytes, pack: bytes, proof: PackProof) -> None:
    """The former handle of the card is gone then. A stranger learns nothing about the card's state."""
    card = await cards.lock_card(work.connection, proof.credential_id)
    if card is None:
        raise CardNotIssued
    if card.holder_jwk is None or not pack_proof_holds(proof, card.holder_jwk, handle, pack, work.now):
        raise ProofRefused
    state = card.state(work.now)
    if state != "active":
        raise CardNotActive(state)
    owner = await presentations.owner_of_handle(work.connection, handle)
    if owner not in (None, card.credential_id):
        raise PresentationOutdated
    if not await presentations.save_presentation(
        work.connection, handle, card.credential_id, pack, proof.made_at
    ):
        raise PresentationOutdated
