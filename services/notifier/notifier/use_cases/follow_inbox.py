"""Show what has come into an inbox since an entry."""

from eventing import UnitOfWork
from notifier.domain import Alert, Recipient
from notifier.store import alerts


async def follow_inbox(
    work: UnitOfWork, recipient: Recipient, *, after: int, limit: int
) -> tuple[list[Alert], int]:
    """The alerts in the order in which they came, and how many of the inbox are unread."""
    found = await alerts.alerts_after(work.connection, recipient, after, limit)
    return found, await alerts.count_unread(work.connection, recipient) if found else 0
