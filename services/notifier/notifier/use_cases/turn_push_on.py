"""Let a browser take notifications for a student."""

from datetime import datetime

from eventing import UnitOfWork
from notifier.domain import KeptSubscription, Recipient
from notifier.problems import NothingOrdered
from notifier.store import orders, recipients, subscriptions

MOST = 10  # browsers of one student; another one takes the place of the oldest


async def turn_push_on(work: UnitOfWork, recipient: Recipient, kept: KeptSubscription) -> datetime:
    """Since when it does. A browser that another student used before is theirs no longer.

    Only for who has an order: with the last order all that is known of a student is erased.
    """
    if not await orders.lock_one_of(work.connection, recipient):
        raise NothingOrdered
    await recipients.make_known(work.connection, recipient)
    since = await subscriptions.save(work.connection, recipient, kept, work.now)
    await subscriptions.keep_newest(work.connection, recipient, MOST)
    return since
