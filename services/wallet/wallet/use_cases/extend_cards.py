"""Let cards be valid for longer."""

from collections.abc import Sequence

from contracts.issuer import CardExtended
from eventing import UnitOfWork
from wallet.store import cards


async def extend_cards(work: UnitOfWork, extended: Sequence[CardExtended]) -> None:
    await cards.extend_cards(work.connection, extended)
