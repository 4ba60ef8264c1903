"""Let a browser take no notifications any more."""

from uuid import UUID

from eventing import UnitOfWork
from notifier.domain import Recipient
from notifier.store import subscriptions


async def turn_push_off(work: UnitOfWork, recipient: Recipient, subscription_id: UUID) -> None:
    """What is not known, or somebody else's, is off already."""
    await subscriptions.delete(work.connection, recipient, subscription_id)
