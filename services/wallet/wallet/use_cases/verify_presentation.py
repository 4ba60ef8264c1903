"""Check a code that is shown: handle, signature, time, and only then the card's state."""

from eventing import Look
from wallet.domain import UNKNOWN, Verdict, judge
from wallet.proofs import shown_code_holds
from wallet.store import presentations


async def verify_presentation(look: Look, handle: bytes, shown_at: int, signature: bytes) -> Verdict:
    """Writes nothing. An unknown handle and a wrong signature are one answer."""
    found = await presentations.load_presentation(look.connection, handle)
    card, pack = found or (None, None)
    key = card.holder_jwk if card else None
    if not shown_code_holds(key, handle, shown_at, signature) or card is None:
        return UNKNOWN
    return judge(card, pack, shown_at, look.now)
