"""A push service that knows a browser no more, is busy, away, or refuses."""

import asyncio

import pytest

from contracts.notifier import AlertDelivered, AlertFailed
from devstack.push_service import PushService
from notifier.sender import Sender
from tests.component.notifier.conftest import NewOrder, Tell, TurnOn
from tests.component.notifier.push import count, outcomes, send_all
from tests.component.notifier.scene import Clock, Order
from tests.databases import Database


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten_and_tried_no_more(
    status: int,
    hear: Tell,
    order: Order,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    notifier_database: Database,
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    push_service.answer_next(status)

    await hear(order.ready(), order.locked())
    await send_all(push_sender)

    assert push_service.pushed == []
    assert await count(notifier_database, "push_subscriptions") == 0
    (told,) = await outcomes(notifier_database)
    assert isinstance(told, AlertFailed)
    assert (told.reason, told.attempt) == ("gone", 1)


async def test_senders_that_find_a_browser_gone_at_once_do_not_stop_each_other(
    hear: Tell,
    new_order: NewOrder,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    notifier_database: Database,
) -> None:
    orders = [new_order()]
    orders += [new_order(student_ref=orders[0].student_ref) for _ in range(3)]
    await hear(*(order.placed() for order in orders))
    push_service.unsubscribe(await turn_on(orders[0].recipient))
    await hear(*(order.ready() for order in orders))

    await asyncio.gather(*(push_sender.send_next() for _ in orders))
    await send_all(push_sender)

    assert await count(notifier_database, "push_subscriptions") == 0
    assert await count(notifier_database, "deliveries where channel = 'push' and state = 'pending'") == 0


async def test_a_busy_service_is_asked_again_no_sooner_than_it_wants(
    hear: Tell,
    order: Order,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    clock: Clock,
    notifier_database: Database,
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    push_service.answer_next(429, Retry_After="120")
    await hear(order.ready())

    await send_all(push_sender)
    clock.advance(seconds=119)
    await send_all(push_sender)
    assert push_service.pushed == []

    clock.advance(seconds=1)
    await send_all(push_sender)
    assert len(push_service.pushed) == 1
    assert [each.attempt for each in await outcomes(notifier_database)] == [2]


async def test_a_service_that_stays_away_is_given_up_and_the_browser_kept(
    hear: Tell,
    order: Order,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    clock: Clock,
    notifier_database: Database,
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    await hear(order.ready())

    for _ in range(4):
        push_service.answer_next(503)
        await send_all(push_sender)
        clock.advance(minutes=5)

    (told,) = await outcomes(notifier_database)
    assert isinstance(told, AlertFailed)
    assert (told.reason, told.attempt) == ("unavailable", 3)
    assert await count(notifier_database, "push_subscriptions") == 1


async def test_nobody_listening_is_trouble_on_the_way(
    hear: Tell, order: Order, turn_on: TurnOn, push_sender: Sender, notifier_database: Database
) -> None:
    with PushService() as service:
        subscription = service.subscribe()
    await hear(order.placed())
    await turn_on(order.recipient, subscription)
    await hear(order.ready())

    await send_all(push_sender)

    row = await notifier_database.pool.fetchrow("select state, reason from deliveries where channel = 'push'")
    assert dict(row or {}) == {"state": "pending", "reason": "unavailable"}


@pytest.mark.parametrize("status", [301, 400, 403, 413])
async def test_a_refusal_or_a_redirect_is_final_for_the_message_alone(
    status: int,
    hear: Tell,
    order: Order,
    turn_on: TurnOn,
    push_sender: Sender,
    push_service: PushService,
    notifier_database: Database,
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    push_service.answer_next(status, Location=f"{push_service.origin}/elsewhere")
    await hear(order.ready())
    await send_all(push_sender)
    await hear(order.issued())
    await send_all(push_sender)

    told = await outcomes(notifier_database)
    assert [(type(each), each.reason) for each in told] == [(AlertFailed, "refused"), (AlertDelivered, None)]
    assert push_service.refusals == []
