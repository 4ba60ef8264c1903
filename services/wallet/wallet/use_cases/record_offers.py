"""Serve the offers that are ready; a newer generation ends the older ones."""

from collections.abc import Sequence

from contracts.issuer import CredentialReady
from eventing import UnitOfWork
from wallet.store import offers


async def record_offers(work: UnitOfWork, ready: Sequence[CredentialReady]) -> None:
    await offers.insert_offers(work.connection, ready)
    order_ids = [event.order_id for event in ready]
    older = [event.generation - 1 for event in ready]
    await offers.end_offers(work.connection, order_ids, older, "superseded")
