"""Which events become alerts, how often, and for whom."""

from collections.abc import Callable
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from contracts.issuer import CardUpdated
from contracts.notifier import AlertDelivered
from eventing import Handlers, Received, Works
from notifier.domain import Alert, Recipient
from notifier.store.alerts import newest_alerts
from notifier.use_cases.write_alerts import News
from tests.component.notifier.conftest import NewOrder, Tell
from tests.component.notifier.scene import Order
from tests.databases import Database
from tests.eventlog import published

EVER = 2**62
ABOUT_THE_OFFER = ("ready_to_activate", "code_locked")


async def inbox(works: Works, recipient: Recipient) -> list[Alert]:
    """Oldest first."""
    async with works.begin() as work:
        return (await newest_alerts(work.connection, recipient, before=EVER, limit=1000))[::-1]


async def test_each_event_of_an_orders_life_that_matters_becomes_one_alert(
    works: Works, hear: Tell, order: Order
) -> None:
    await hear(order.placed(), order.ready(), order.locked(), order.ready(2), order.issued())
    await hear(order.suspended(), order.revoked())

    assert [alert.kind for alert in await inbox(works, order.recipient)] == [
        "order_received",
        "ready_to_activate",
        "code_locked",
        "ready_to_activate",
        "activated",
        "card_suspended",
        "card_revoked",
    ]


async def test_new_data_in_a_card_are_told_in_the_inbox_alone(
    works: Works, hear: Tell, order: Order, notifier_database: Database
) -> None:
    await hear(order.placed(), order.issued(), order.told(CardUpdated, revision=2))

    [*_, updated] = await inbox(works, order.recipient)
    assert updated.kind == "card_updated"
    mails = await notifier_database.pool.fetchval(
        "select count(*) from deliveries where alert_id = $1", updated.id
    )
    assert mails == 0


@pytest.mark.parametrize(("reason", "times"), [("student", 0), ("office", 1), ("ineligible", 1)])
async def test_a_cancellation_is_told_to_who_did_not_ask_for_it(
    works: Works, hear: Tell, order: Order, reason: str, times: int
) -> None:
    await hear(order.placed(), order.cancelled(reason))

    assert [alert.kind for alert in await inbox(works, order.recipient)][1:] == ["order_cancelled"] * times


async def test_a_rejected_order_is_told_with_its_reasons(works: Works, hear: Tell, order: Order) -> None:
    await hear(order.placed(), order.rejected("validity_ended", "name_missing"))

    [_, rejected] = await inbox(works, order.recipient)
    assert (rejected.kind, rejected.parameters) == (
        "order_rejected",
        {"reasons": "validity_ended name_missing"},
    )


async def test_a_card_works_again_when_the_last_hold_is_lifted(
    works: Works, hear: Tell, order: Order
) -> None:
    await hear(order.placed(), order.suspended("holder"), order.suspended("office"))
    await hear(order.reinstated("holder", holds=("office",)), order.reinstated("office"))

    alerts = await inbox(works, order.recipient)
    assert [(alert.kind, alert.parameters) for alert in alerts[3:]] == [("card_reinstated", {"by": "office"})]


@pytest.mark.parametrize("stop", [Order.suspended, Order.revoked])
async def test_a_card_that_was_stopped_again_does_not_work_again(
    works: Works, hear: Tell, order: Order, stop: Callable[[Order], Received[Any]]
) -> None:
    suspended, reinstated, stopped = order.suspended(), order.reinstated(), stop(order)

    await hear(order.placed(), suspended, stopped, reinstated, stopped)

    assert "card_reinstated" not in [alert.kind for alert in await inbox(works, order.recipient)]


async def test_entries_of_an_inbox_count_up_over_all_orders_of_a_student(
    works: Works, hear: Tell, new_order: NewOrder
) -> None:
    first = new_order()
    second = new_order(student_ref=first.student_ref)

    await hear(first.placed(), second.placed(), first.ready(), second.ready())

    alerts = await inbox(works, first.recipient)
    assert [alert.entry for alert in alerts] == [1, 2, 3, 4]
    assert [alert.order_id for alert in alerts] == [first.order_id, second.order_id] * 2


async def test_an_event_that_is_applied_twice_is_one_alert_and_is_reported_once(
    works: Works, hear: Tell, order: Order, notifier_database: Database
) -> None:
    suspended = order.suspended()

    await hear(order.placed(), suspended, suspended)

    kinds = [alert.kind for alert in await inbox(works, order.recipient)]
    reported = [event.kind for event in await inbox_reports(notifier_database)]
    assert kinds == ["order_received", "card_suspended"]
    assert reported == ["card_suspended"]


async def test_what_comes_before_its_student_is_known_arrives_with_the_order(
    works: Works, hear: Tell, order: Order, notifier_database: Database, told: list[News]
) -> None:
    placed, ready = order.placed(), order.ready()

    await hear(ready)
    assert await inbox(works, order.recipient) == []
    assert await inbox_reports(notifier_database) == []
    assert told == []

    await hear(placed)
    kinds = [alert.kind for alert in await inbox(works, order.recipient)]
    assert kinds == ["order_received", "ready_to_activate"]
    assert len(await inbox_reports(notifier_database)) == 1
    assert [news.recipients for news in told] == [{order.recipient}]


async def test_any_arrival_across_topics_ends_the_same(works: Works, hear: Tell, new_order: NewOrder) -> None:
    """But for what was told of the offer before its end was known: that is not told after it."""
    ends = []
    for turns in sorted(set(permutations("oooccca"))):
        order = new_order()
        streams: dict[str, list[Received[Any]]] = {
            "o": [order.placed(), order.contact_changed(email=None), order.cancelled()],
            "c": [order.ready(), order.issued(), order.revoked()],
            "a": [order.locked()],
        }
        await hear(*(streams[topic].pop(0) for topic in turns))
        ends.append(await end_of(works, order))

    assert all(end == ends[0] for end in ends)
    assert len(ends) == 140


async def end_of(works: Works, order: Order) -> Any:
    alerts = [each for each in await inbox(works, order.recipient) if each.kind not in ABOUT_THE_OFFER]
    async with works.begin() as work:
        known = await work.connection.fetchrow(
            """
            select o.student_ref is not null, contact_number, moved_on,
                (select count(*) from reminders where order_id = o.id) as reminders,
                (select count(*) from deliveries d join alerts a on a.id = d.alert_id
                    where a.order_id = o.id and a.generation is null) as deliveries
            from orders o where o.id = $1
            """,
            order.order_id,
        )
    assert known is not None
    return sorted((alert.kind, str(alert.parameters.keys())) for alert in alerts), len(alerts), tuple(known)


async def test_a_batch_of_a_thousand_events_is_told_in_one_call(
    works: Works, notifier_handlers: Handlers, new_order: NewOrder, notifier_database: Database
) -> None:
    student_ref = uuid4()
    orders = [new_order(student_ref=student_ref) for _ in range(1000)]
    for batch in ([order.placed() for order in orders], [order.ready() for order in orders]):
        async with works.begin() as work:
            await notifier_handlers[type(batch[0].event)](work, batch)

    alerts = await notifier_database.pool.fetch("select entry from alerts order by entry")
    assert [row["entry"] for row in alerts] == list(range(1, 2001))
    assert len(await inbox_reports(notifier_database)) == 1000


async def test_an_order_received_is_told_in_the_inbox_and_to_nobody_else(
    hear: Tell, order: Order, notifier_database: Database
) -> None:
    await hear(order.placed())

    assert await notifier_database.pool.fetchval("select count(*) from deliveries") == 0
    assert await inbox_reports(notifier_database) == []


async def test_an_inbox_report_tells_the_order_its_alert_and_nothing_of_the_person(
    works: Works, hear: Tell, order: Order, notifier_database: Database
) -> None:
    await hear(order.placed(), order.ready())

    (report,) = await inbox_reports(notifier_database)
    (_, alert) = await inbox(works, order.recipient)
    assert (report.order_id, report.alert_id) == (order.order_id, alert.id)
    assert (report.channel, report.attempt, report.reason) == ("inbox", 1, None)
    assert str(order.student_ref) not in report.model_dump_json()


async def test_the_contact_is_kept_sealed_under_keys_of_this_service(
    hear: Tell, order: Order, notifier_database: Database
) -> None:
    placed = order.placed()

    await hear(placed)

    kept = await notifier_database.pool.fetchval("select contact_sealed from orders")
    assert kept != placed.event.contact_sealed
    everything = await everything_in(notifier_database)
    assert "anna" not in everything.lower()
    assert "sub-of-anna" not in everything


async def inbox_reports(database: Database) -> list[AlertDelivered]:
    return [event for event in await published(database.pool) if isinstance(event, AlertDelivered)]


async def everything_in(database: Database) -> str:
    tables = await database.pool.fetch(
        "select table_name from information_schema.tables where table_schema = 'public'"
    )
    rows = [await database.pool.fetch(f'select * from "{table["table_name"]}"') for table in tables]
    return "\n".join(str(tuple(row)) for table in rows for row in table)
