"""Extensions that are over are kept for a while, previews that nobody started for a day. The audit stays."""

from datetime import timedelta

from eventing import UnitOfWork
from ordering import store

PREVIEWS = timedelta(days=1)
ENDED = timedelta(days=90)


async def forget_extensions(work: UnitOfWork) -> None:
    await store.extensions.forget(work.connection, work.now - PREVIEWS, work.now - ENDED)
