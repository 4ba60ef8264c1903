"""What is left of a student whose orders are erased: nothing, whatever happens at the same moment."""

import asyncio
from datetime import UTC, datetime, time

import pytest

from contracts import ordering
from eventing import Handlers, Works
from notifier.domain import Preferences, QuietHours, Recipient
from notifier.problems import NothingOrdered
from notifier.use_cases.choose_preferences import choose_preferences
from tests.component.notifier.conftest import NewOrder, Tell
from tests.component.notifier.scene import Order
from tests.component.notifier.test_alerts import inbox
from tests.databases import Database
from tests.eventlog import published
from tests.waiting import eventually, somebody_waits


async def keep_quiet(works: Works, recipient: Recipient) -> None:
    async with works.begin() as work:
        await choose_preferences(work, recipient, Preferences(QuietHours(time(22), time(7))))


async def test_an_erased_order_leaves_a_tombstone_and_nothing_else(
    hear: Tell, order: Order, notifier_database: Database
) -> None:
    await hear(order.placed(), order.ready(), order.erased())

    (left,) = await notifier_database.pool.fetch("select * from orders")
    assert dict(left) == {
        "id": order.order_id,
        "institution_id": "umcs",
        "student_ref": None,
        "locale": None,
        "contact_sealed": None,
        "contact_number": 1,
        "moved_on": False,
        "generation": 1,
        "stopped_number": 0,
        "erased_at": datetime(2026, 10, 1, 12, tzinfo=UTC),
    }
    for table in ("alerts", "deliveries", "reminders", "recipients"):
        assert await notifier_database.pool.fetchval(f"select count(*) from {table}") == 0
    assert await published(notifier_database.pool) == []


async def test_what_arrives_after_an_erasure_changes_nothing(
    hear: Tell, order: Order, notifier_database: Database
) -> None:
    placed, ready, erased = order.placed(), order.ready(), order.erased()

    await hear(erased, placed, ready, order.contact_changed(), order.locked())

    assert await notifier_database.pool.fetchval("select count(*) from alerts") == 0
    assert await notifier_database.pool.fetchval("select contact_sealed from orders") is None


async def test_erasing_one_order_keeps_the_inbox_that_another_order_needs(
    works: Works, hear: Tell, new_order: NewOrder
) -> None:
    first = new_order()
    second = new_order(student_ref=first.student_ref)
    await hear(first.placed(), second.placed())

    await hear(first.erased(), second.ready())

    assert [alert.entry for alert in await inbox(works, second.recipient)] == [2, 3]


async def test_two_orders_erased_at_once_leave_no_recipient(
    works: Works,
    hear: Tell,
    new_order: NewOrder,
    notifier_handlers: Handlers,
    notifier_database: Database,
) -> None:
    first = new_order()
    second = new_order(student_ref=first.student_ref)
    await hear(first.placed(), second.placed())

    async with works.begin() as work:
        await notifier_handlers[ordering.OrderErased](work, [first.erased()])
        other = asyncio.ensure_future(hear(second.erased()))
        await eventually(lambda: other.done() or somebody_waits(notifier_database.pool))
    await other

    assert await notifier_database.pool.fetchval("select count(*) from recipients") == 0


async def test_quiet_hours_chosen_during_the_erasure_are_not_kept(
    works: Works, hear: Tell, order: Order, notifier_handlers: Handlers, notifier_database: Database
) -> None:
    await hear(order.placed())

    async with works.begin() as work:
        await notifier_handlers[ordering.OrderErased](work, [order.erased()])
        choosing = asyncio.create_task(keep_quiet(works, order.recipient))
        await eventually(lambda: choosing.done() or somebody_waits(notifier_database.pool))
    with pytest.raises(NothingOrdered):
        await choosing

    assert await notifier_database.pool.fetchval("select count(*) from recipients") == 0
