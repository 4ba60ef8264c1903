"""The job of extensions: ask the issuer for the next cards, never far ahead of what it has answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from contracts.base import StreamEvent
from eventing import UnitOfWork
from ordering import store
from ordering.domain import Order
from ordering.extending import Extension, decide
from ordering.timeline import Question
from ordering.use_cases._commands import card_change
from ordering.use_cases._facts import record

# Beyond this, orders that are placed meanwhile would wait behind extensions. At least half of it is asked for
# at once: what goes in small batches costs several times as much.
MOST_AHEAD = 1_000


@dataclass(frozen=True, slots=True)
class Fed:
    """Whether an extension is under way, and the orders that were asked for just now."""

    running: bool
    order_ids: tuple[UUID, ...] = ()


async def feed_extensions(work: UnitOfWork) -> Fed:
    """One replica at a time, the oldest extension first. What has changed since the preview is left out."""
    extension = await store.extensions.lock_oldest_running(work.connection)
    if extension is None:
        return Fed(running=False)
    unanswered = await store.extensions.unanswered(work.connection)
    if unanswered > MOST_AHEAD // 2:
        return Fed(running=True)
    limit = MOST_AHEAD - unanswered
    waiting = await store.extensions.waiting(work.connection, extension.extension_id, limit)
    if not waiting:
        return Fed(running=not await _end(work, extension))
    orders = await store.orders.lock(work.connection, list(waiting))
    same = await _still_as_seen(work, extension, waiting)
    asked = [(orders[order_id], end) for order_id, end in waiting.items() if order_id in same]
    left_out = [order_id for order_id in waiting if order_id not in same]
    await store.extensions.settle(work.connection, extension.extension_id, list(same), left_out)
    await _ask(work, extension, asked)
    return Fed(running=True, order_ids=tuple(same))


async def _end(work: UnitOfWork, extension: Extension) -> bool:
    """Once all that was asked for is answered."""
    progress = await store.extensions.progress(work.connection, extension.extension_id)
    if progress.answered < progress.asked:
        return False
    await store.extensions.end(work.connection, extension.extension_id, "done", work.now)
    await store.audit.add(
        work.connection,
        extension.institution_id,
        work.now,
        extension.started_by or "",
        "extension_done",
        details={"extension_id": str(extension.extension_id), "extended": progress.extended},
    )
    return True


async def _still_as_seen(work: UnitOfWork, extension: Extension, seen: Mapping[UUID, datetime]) -> set[UUID]:
    """Those that would get the very end that the preview gave them."""
    return {
        candidate.order_id
        for candidate in await store.extensions.candidates_with(work.connection, list(seen))
        if candidate.order_id is not None
        and decide(candidate, extension.until, work.now) == seen[candidate.order_id]
    }


async def _ask(work: UnitOfWork, extension: Extension, asked: Sequence[tuple[Order, datetime]]) -> None:
    happened: list[tuple[Order, StreamEvent]] = [
        (
            order,
            card_change(work, order, "extend", by="office", actor_ref=extension.started_by, valid_until=end),
        )
        for order, end in asked
    ]
    if not happened:
        return
    await record(work, happened)
    questions: list[tuple[UUID, Question]] = [(order.order_id, "extend") for order, _ in happened]
    await store.questions.ask(work.connection, questions, work.now)
    work.publish(*(event for _, event in happened))
