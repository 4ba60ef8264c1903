"""The sweeper: what the issuer has not answered is played again, the question and the answer alike.

A question that did arrive is a duplicate there and is not answered again: so the answer is asked for as well.
"""

from datetime import timedelta

from contracts.catalogue import CREDENTIALS, ORDERS
from contracts.platform import ReplayRequested
from eventing import UnitOfWork
from ordering import store

SILENCE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=10)
AT_MOST = 100  # questions at a time


async def remind_issuer(work: UnitOfWork) -> int:
    """How many orders were asked for. Must stand still while the consumer is behind."""
    overtaken = await store.questions.overtaken(work.connection, work.now, AT_MOST)
    silent = await store.questions.oldest_of_silent_lanes(work.connection, work.now, SILENCE)
    due = {(one.order_id, one.question): one for one in [*overtaken, *silent]}
    if due:
        next_times = [work.now + _pause_after(one.reminders) for one in due.values()]
        await store.questions.postpone(work.connection, list(due.values()), next_times)
    keys = sorted({str(one.order_id) for one in due.values()})
    for key in keys:
        work.publish(*(_replay(work, topic.name, key) for topic in (ORDERS, CREDENTIALS)))
    return len(keys)


def _pause_after(reminders: int) -> timedelta:
    """30 s, 1 min, 2 min … at most 10 minutes until the next one."""
    return min(FIRST_PAUSE * (1 << min(reminders, 10)), LONGEST_PAUSE)


def _replay(work: UnitOfWork, topic: str, key: str) -> ReplayRequested:
    return ReplayRequested(
        event_id=work.new_id(),
        occurred_at=work.now,
        topic=topic,
        key=key,
        partition=None,
        since=None,
        until=None,
        reason="unanswered_question",
        by="ordering",
    )
