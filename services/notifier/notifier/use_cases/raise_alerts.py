"""Raise alerts about orders, whether or not it is known yet who is behind them."""

from collections.abc import Sequence

from eventing import UnitOfWork
from notifier.domain import Notice
from notifier.store import orders
from notifier.use_cases.write_alerts import Tell, write_alerts


async def raise_alerts(work: UnitOfWork, notices: Sequence[Notice], *, tell: Tell) -> None:
    if not notices:
        return
    institutions = {notice.order_id: notice.institution_id for notice in notices}
    await orders.lock_orders(work.connection, institutions)
    told = {notice.order_id: notice.generation for notice in notices if notice.generation is not None}
    await orders.note_generations(work.connection, told)
    await write_alerts(work, notices, tell=tell)
