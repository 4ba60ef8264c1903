"""Forget handles and keys of cards whose time is over."""

from datetime import timedelta

from eventing import UnitOfWork
from wallet.store import cards, presentations

# An extension may come late: until then an expired card is told to be expired.
EXTENDABLE = timedelta(days=30)


async def forget_presentations(work: UnitOfWork) -> int:
    """Cards first, then their presentations: in this order all others lock them too."""
    await cards.forget_ended_keys(work.connection, work.now)
    return await presentations.delete_ended(work.connection, work.now, work.now - EXTENDABLE)
