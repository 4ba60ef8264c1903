"""Show by which channels a student wants to be told, and when not."""

from eventing import UnitOfWork
from notifier.domain import Preferences, Recipient
from notifier.store import recipients


async def show_preferences(work: UnitOfWork, recipient: Recipient) -> Preferences:
    return await recipients.preferences(work.connection, recipient)
