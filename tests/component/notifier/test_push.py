"""Notifications reach the browsers that a student has turned on, and say nothing private."""

from datetime import time, timedelta

import structlog

from contracts.notifier import AlertDelivered
from devstack.push_service import PushService
from eventing import Works
from notifier.domain import Preferences, QuietHours
from notifier.sender import Sender
from notifier.store.recipients import save_preferences
from tests.component.notifier.conftest import Tell, TurnOn
from tests.component.notifier.push import outcomes, send_all
from tests.component.notifier.scene import EMAIL, EXPIRES_AT, NOON, Clock, Order
from tests.databases import Database


async def test_a_card_that_is_ready_is_told_to_every_browser_of_its_student(
    hear: Tell,
    order: Order,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    notifier_database: Database,
) -> None:
    await hear(order.placed(locale="en"))
    await turn_on(order.recipient)
    await turn_on(order.recipient)

    await hear(order.ready())
    await send_all(push_sender)

    said = {"kind": "ready_to_activate", "link": f"/orders/{order.order_id}", "language": "en"}
    assert [each.json() for each in push_service.pushed] == [said, said]
    assert push_service.refusals == []
    told = await outcomes(notifier_database)
    assert [(type(each), each.kind, each.attempt) for each in told] == [
        (AlertDelivered, "ready_to_activate", 1)
    ] * 2


async def test_what_a_student_waits_for_or_has_to_know_is_pushed_and_nothing_else(
    hear: Tell, order: Order, turn_on: TurnOn, push_sender: Sender, push_service: PushService
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)

    await hear(order.ready(), order.locked())
    await send_all(push_sender)
    await hear(order.issued(), order.suspended(), order.reinstated(), order.revoked())
    await send_all(push_sender)

    kinds = sorted(each.json()["kind"] for each in push_service.pushed)
    assert kinds == ["activated", "code_locked", "ready_to_activate"]


async def test_messages_differ_in_nothing_that_a_push_service_sees(
    hear: Tell, order: Order, turn_on: TurnOn, push_sender: Sender, push_service: PushService
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    await hear(order.ready(), order.locked())
    await send_all(push_sender)
    await hear(order.issued())
    await send_all(push_sender)

    assert len(push_service.pushed) == 3
    assert len({each.size for each in push_service.pushed}) == 1
    assert len({each.headers["topic"] for each in push_service.pushed}) == 1
    assert str(order.order_id) not in repr([each.headers for each in push_service.pushed])


async def test_every_message_proves_its_sender_anew(
    hear: Tell, order: Order, turn_on: TurnOn, push_sender: Sender, push_service: PushService, clock: Clock
) -> None:
    """A proof is good for a day at most: who keeps one would be turned away on the second day."""
    await hear(order.placed())
    await turn_on(order.recipient)
    await hear(order.ready())
    await send_all(push_sender)

    clock.advance(days=2)
    await hear(order.locked())
    await send_all(push_sender)

    first, second = (each.claims["exp"] for each in push_service.pushed)
    assert second - first == timedelta(days=2).total_seconds()


async def test_a_message_waits_for_its_browser_until_the_offer_ends(
    hear: Tell, order: Order, turn_on: TurnOn, push_sender: Sender, push_service: PushService
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)

    await hear(order.ready(expires_at=NOON + timedelta(hours=2)), order.ready(2, EXPIRES_AT))
    await send_all(push_sender)

    assert [each.headers["ttl"] for each in push_service.pushed] == [str(28 * 24 * 3600)]

    await hear(order.ready(3, NOON + timedelta(hours=2)))
    await send_all(push_sender)
    assert push_service.pushed[-1].headers["ttl"] == "7200"


async def test_no_secret_stands_in_messages_or_logs(
    hear: Tell, order: Order, turn_on: TurnOn, push_sender: Sender, push_service: PushService
) -> None:
    placed, ready = order.placed(), order.ready()
    with structlog.testing.capture_logs() as logs:
        await hear(placed)
        subscription = await turn_on(order.recipient)
        await hear(ready)
        push_service.answer_next(429)
        await send_all(push_sender)
        await hear(order.issued())
        await send_all(push_sender)

    name = subscription["endpoint"].rpartition("/")[2]
    keys = subscription["keys"]
    secrets = (
        ready.event.offer_id,
        ready.event.activation_code_digest,
        EMAIL,
        "Anna",
        str(order.credential_id),
    )
    assert len(push_service.pushed) == 1
    assert not [each for each in secrets if each in repr(push_service.pushed) + repr(logs)]
    assert not [each for each in (name, keys["auth"], keys["p256dh"]) if each in repr(logs)]


async def test_quiet_hours_hold_back_what_can_wait(
    works: Works,
    hear: Tell,
    order: Order,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    clock: Clock,
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    async with works.begin() as work:
        siesta = Preferences(QuietHours(time(13), time(15)))
        await save_preferences(work.connection, order.recipient, siesta)
    await hear(order.ready(), order.locked())
    await send_all(push_sender)
    assert [each.json()["kind"] for each in push_service.pushed] == ["code_locked"]

    clock.advance(hours=1)
    await send_all(push_sender)
    assert push_service.pushed[1].json()["kind"] == "ready_to_activate"


async def test_a_channel_that_is_turned_off_is_not_used(
    works: Works,
    hear: Tell,
    order: Order,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    notifier_database: Database,
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    async with works.begin() as work:
        await save_preferences(work.connection, order.recipient, Preferences(by_push=False))
    await hear(order.ready())
    await send_all(push_sender)

    assert push_service.pushed == []
    assert await outcomes(notifier_database) == []
