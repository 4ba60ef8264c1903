"""End the offers that the issuer has withdrawn."""

from collections.abc import Sequence

from contracts.issuer import OfferWithdrawn
from eventing import UnitOfWork
from wallet.store import offers


async def withdraw_offers(work: UnitOfWork, withdrawn: Sequence[OfferWithdrawn]) -> None:
    order_ids = [event.order_id for event in withdrawn]
    generations = [event.generation for event in withdrawn]
    await offers.end_offers(work.connection, order_ids, generations, "withdrawn")
