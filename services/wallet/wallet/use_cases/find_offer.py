"""Look an offer up by the id in its QR."""

from eventing import Look
from wallet.domain import Offer
from wallet.problems import OfferUnknown
from wallet.store import offers


async def find_offer(look: Look, offer_id: str) -> Offer | None:
    """Writes nothing, and looks the same for every id. None may still come; an erased offer never will."""
    offer = await offers.load_offer(look.connection, offer_id)
    if await offers.is_erased(look.connection, offer_id):
        raise OfferUnknown
    return offer
