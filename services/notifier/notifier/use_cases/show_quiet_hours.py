"""Show when a student wants quiet."""

from eventing import UnitOfWork
from notifier.domain import QuietHours, Recipient
from notifier.store import recipients


async def show_quiet_hours(work: UnitOfWork, recipient: Recipient) -> QuietHours | None:
    return await recipients.quiet_hours(work.connection, recipient)
