"""Take note of issued cards: their keys are kept for presentations, their offers and claims are over."""

from collections.abc import Sequence

from contracts.issuer import CardIssued
from eventing import UnitOfWork
from wallet.store import cards, offers, refresh_tokens


async def record_cards(work: UnitOfWork, issued: Sequence[CardIssued]) -> None:
    """A card that replaces another ends that one, even if the other has not been told yet."""
    await cards.insert_issued_cards(work.connection, issued)
    await offers.end_all_offers(work.connection, [event.order_id for event in issued])
    replaced = [event.replaces for event in issued if event.replaces is not None]
    if replaced:
        await cards.replace_cards(work.connection, replaced)
        await refresh_tokens.end_of_cards(work.connection, replaced)
