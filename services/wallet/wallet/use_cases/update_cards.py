"""Note that cards show other data: what they are is told by the issuer to their holders alone."""

from collections.abc import Sequence

from contracts.issuer import CardUpdated
from eventing import UnitOfWork
from wallet.store import cards


async def update_cards(work: UnitOfWork, updated: Sequence[CardUpdated]) -> None:
    await cards.update_cards(work.connection, updated)
