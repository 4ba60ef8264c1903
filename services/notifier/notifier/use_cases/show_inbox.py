"""Show a page of an inbox, newest first."""

from dataclasses import dataclass

from eventing import UnitOfWork
from notifier.domain import Alert, Recipient
from notifier.store import alerts


@dataclass(frozen=True, slots=True)
class Page:
    """Some alerts, how many of all are unread, and where the next page begins."""

    alerts: list[Alert]
    unread: int
    next: int | None


async def show_inbox(work: UnitOfWork, recipient: Recipient, *, before: int, limit: int) -> Page:
    found = await alerts.newest_alerts(work.connection, recipient, before=before, limit=limit + 1)
    shown = found[:limit]
    unread = await alerts.count_unread(work.connection, recipient)
    return Page(shown, unread, shown[-1].entry if len(found) > limit else None)
