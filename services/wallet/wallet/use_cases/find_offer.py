"""Look an offer up by the id in its QR."""

from eventing import UnitOfWork
from wallet.domain import Offer
from wallet.problems import OfferUnknown
from wallet.store import offers


async def find_offer(work: UnitOfWork, offer_id: str) -> Offer | None:
    """Writes nothing, and looks the same for every id. None may still come; an erased offer never will."""
    offer = await offers.load_offer(work.connection, offer_id)
    if await offers.is_erased(work.connection, offer_id):
        raise OfferUnknown
    return offer
