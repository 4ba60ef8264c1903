"""Look an offer up by the id in its QR."""

from eventing import UnitOfWork
from wallet.domain import Offer
from wallet.store import offers


async def find_offer(work: UnitOfWork, offer_id: str) -> Offer | None:
    """Writes nothing."""
    return await offers.load_offer(work.connection, offer_id)
