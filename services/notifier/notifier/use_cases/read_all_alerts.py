"""Mark the alerts of an inbox as read, up to the newest that was seen."""

from eventing import UnitOfWork
from notifier.domain import Recipient
from notifier.store import alerts


async def read_all_alerts(work: UnitOfWork, recipient: Recipient, up_to: int) -> int:
    """The number of unread alerts left: those that have come meanwhile."""
    await alerts.mark_all_read(work.connection, recipient, up_to, work.now)
    return await alerts.count_unread(work.connection, recipient)
