"""Tell that cards are ready to activate, and plan to remind of the end of their offers."""

from collections.abc import Sequence

from contracts.issuer import CredentialReady
from eventing import UnitOfWork
from notifier.domain import Notice, notice, reminder_due
from notifier.store import reminders
from notifier.store.reminders import Reminder
from notifier.use_cases.raise_alerts import raise_alerts
from notifier.use_cases.write_alerts import Tell


async def announce_offers(work: UnitOfWork, ready: Sequence[CredentialReady], *, tell: Tell) -> None:
    await raise_alerts(work, [_notice(event) for event in ready], tell=tell)
    planned = [reminder for event in ready if (reminder := _reminder(event)) is not None]
    await reminders.schedule(work.connection, planned)


def _notice(event: CredentialReady) -> Notice:
    until = event.expires_at.isoformat()
    return notice("ready_to_activate", event, generation=event.generation, until=until)


def _reminder(event: CredentialReady) -> Reminder | None:
    due_at = reminder_due(event.occurred_at, event.expires_at)
    if due_at is None:
        return None
    return Reminder(event.order_id, event.generation, event.event_id, due_at, event.expires_at)
