"""The data of the person are deleted when neither offer nor card can be used any more."""

from datetime import timedelta

from eventing import UnitOfWork
from issuer.store import holders

# An extension may come late: until then an expired card may be renewed.
EXTENDABLE = timedelta(days=30)


async def forget_holders(work: UnitOfWork, limit: int = 500) -> int:
    """How many were forgotten. Must stand still while the consumer is behind."""
    return await holders.delete_ended(work.connection, work.now - EXTENDABLE, limit)
