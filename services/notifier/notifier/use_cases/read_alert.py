"""Mark an alert as read by the student in whose inbox it stands."""

from uuid import UUID

from eventing import UnitOfWork
from notifier.domain import Recipient
from notifier.problems import AlertUnknown
from notifier.store import alerts


async def read_alert(work: UnitOfWork, recipient: Recipient, alert_id: UUID) -> int:
    """The number of unread alerts left. Somebody else's alert is as unknown as one that never was."""
    if not await alerts.mark_read(work.connection, recipient, alert_id, work.now):
        raise AlertUnknown
    return await alerts.count_unread(work.connection, recipient)
