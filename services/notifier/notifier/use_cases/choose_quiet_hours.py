"""Choose when to be left in peace by what can wait."""

from eventing import UnitOfWork
from notifier.domain import QuietHours, Recipient
from notifier.problems import NothingOrdered
from notifier.store import orders, recipients


async def choose_quiet_hours(work: UnitOfWork, recipient: Recipient, hours: QuietHours | None) -> None:
    """Holds from the next letter on; what is put off already stays so until then.

    Only for who has an order: with the last order all that is known of a student is erased.
    """
    if not await orders.lock_one_of(work.connection, recipient):
        raise NothingOrdered
    await recipients.save_quiet_hours(work.connection, recipient, hours)
