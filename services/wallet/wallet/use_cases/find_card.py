"""What its phone is told of a card: enough to see that a newer one can be fetched."""

from eventing import Look
from wallet.domain import Card
from wallet.problems import ProofRefused
from wallet.proofs import PackProof, pack_proof_holds
from wallet.store import cards

# What a proof is for that only reads: it neither stores a pack nor deletes one.
ABOUT_THE_CARD = b"legitka-card-v1"


async def find_card(look: Look, handle: bytes, proof: PackProof) -> Card:
    """Writes nothing. A stranger learns not even whether the card exists."""
    card = await cards.load_card(look.connection, proof.credential_id)
    if card is None or card.holder_jwk is None:
        raise ProofRefused
    if not pack_proof_holds(proof, card.holder_jwk, handle, ABOUT_THE_CARD, look.now):
        raise ProofRefused
    return card
