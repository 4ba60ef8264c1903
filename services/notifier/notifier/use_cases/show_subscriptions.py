"""Show which browsers take notifications for a student."""

from collections.abc import Sequence

from eventing import UnitOfWork
from notifier.domain import Recipient
from notifier.store import subscriptions
from notifier.store.subscriptions import KnownSubscription


async def show_subscriptions(work: UnitOfWork, recipient: Recipient) -> Sequence[KnownSubscription]:
    return await subscriptions.of_student(work.connection, recipient)
