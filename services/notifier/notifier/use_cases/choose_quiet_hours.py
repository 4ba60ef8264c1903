"""Choose when to be left in peace by what can wait."""

from eventing import UnitOfWork
from notifier.domain import QuietHours, Recipient
from notifier.store import recipients


async def choose_quiet_hours(work: UnitOfWork, recipient: Recipient, hours: QuietHours | None) -> None:
    """Holds from the next letter on; what is put off already stays so until then."""
    await recipients.save_quiet_hours(work.connection, recipient, hours)
