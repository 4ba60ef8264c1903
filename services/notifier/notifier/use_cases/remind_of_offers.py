"""Remind of offers that end soon and were not used."""

from eventing import UnitOfWork
from notifier.domain import Notice
from notifier.store import reminders
from notifier.store.reminders import Reminder
from notifier.use_cases.write_alerts import Tell, write_alerts

BATCH = 500


async def remind_of_offers(work: UnitOfWork, *, tell: Tell) -> bool:
    """Whether more may be due. Must not be called while facts that would cancel a reminder are under way."""
    due = await reminders.take_due(work.connection, work.now, BATCH)
    notices = [_notice(work, *one) for one in due if work.now < one[0].expires_at]
    if notices:
        await write_alerts(work, notices, tell=tell)
    return len(due) == BATCH


def _notice(work: UnitOfWork, reminder: Reminder, institution_id: str) -> Notice:
    return Notice(
        order_id=reminder.order_id,
        institution_id=institution_id,
        cause=reminder.cause,
        kind="offer_ending",
        occurred_at=work.now,
        parameters={"until": reminder.expires_at.isoformat()},
        generation=reminder.generation,
    )
