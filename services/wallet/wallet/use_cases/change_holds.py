"""Suspend and reinstate cards."""

from collections.abc import Sequence

from contracts.issuer import CardReinstated, CardSuspended
from eventing import Received, UnitOfWork
from wallet.store import cards


async def change_holds(
    work: UnitOfWork, changes: Sequence[Received[CardSuspended] | Received[CardReinstated]]
) -> None:
    """A suspension may come ahead of its turn: what is older than it then changes nothing."""
    await cards.set_holds(work.connection, changes)
