"""Choose by which channels to be told, and when to be left in peace by what can wait."""

from eventing import UnitOfWork
from notifier.domain import Preferences, Recipient
from notifier.problems import NothingOrdered
from notifier.store import orders, recipients


async def choose_preferences(work: UnitOfWork, recipient: Recipient, preferences: Preferences) -> None:
    """Holds from the next delivery on; what is put off already stays so until then.

    Only for who has an order: with the last order all that is known of a student is erased.
    """
    if not await orders.lock_one_of(work.connection, recipient):
        raise NothingOrdered
    await recipients.save_preferences(work.connection, recipient, preferences)
