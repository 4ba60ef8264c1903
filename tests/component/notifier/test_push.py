"""Notifications reach the browsers that a student has turned on, say nothing private, and end with them."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import time, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
import structlog

from contracts.notifier import AlertDelivered, AlertFailed
from devstack.push_service import PushService
from eventing import Works
from notifier.domain import Preferences, QuietHours, Recipient
from notifier.sender import Sender
from notifier.store.recipients import save_preferences
from tests.component.notifier.conftest import NewOrder, NewToken, Tell, bearer
from tests.component.notifier.scene import EMAIL, EXPIRES_AT, NOON, Clock, Order
from tests.databases import Database
from tests.eventlog import published

URL = "/api/v1/push-subscriptions"
TurnOn = Callable[..., Awaitable[dict[str, Any]]]
Outcome = AlertDelivered | AlertFailed


@pytest.fixture(autouse=True)
def the_present(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The push service has the clock of the test too."""
    monkeypatch.setattr("devstack.push_service.time.time", partial(_seconds, clock))


def _seconds(clock: Clock) -> float:
    return clock.now.timestamp()


@pytest.fixture
def turn_on(client: httpx.AsyncClient, new_token: NewToken, push_service: PushService) -> TurnOn:
    async def turn(recipient: Recipient, subscription: dict[str, Any] | None = None) -> dict[str, Any]:
        """As the page does it: the browser is given our key, and its subscription is handed in."""
        headers = bearer(new_token(recipient))
        key = (await client.get(URL, headers=headers)).json()["application_server_key"]
        subscription = subscription or push_service.subscribe(key)
        given = {name: subscription[name] for name in ("endpoint", "keys")}
        answer = await client.post(URL, json=given | {"application_server_key": key}, headers=headers)
        assert answer.status_code == 201, answer.text
        return subscription

    return turn


async def send_all(sender: Sender) -> None:
    while await sender.send_next():
        pass


async def outcomes(database: Database) -> list[Outcome]:
    events = await published(database.pool)
    return [each for each in events if isinstance(each, Outcome) and each.channel == "push"]


async def count(database: Database, table: str) -> int:
    number: int = await database.pool.fetchval(f"select count(*) from {table}")
    return number


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

    kinds = [each.json()["kind"] for each in push_service.pushed]
    assert kinds == ["ready_to_activate", "code_locked", "activated"]


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


async def test_a_subscription_is_kept_sealed(
    hear: Tell, order: Order, turn_on: TurnOn, notifier_database: Database
) -> None:
    await hear(order.placed())
    subscription = await turn_on(order.recipient)

    kept = repr(await notifier_database.pool.fetch("select * from push_subscriptions"))
    secrets = (subscription["endpoint"], *subscription["keys"].values())
    assert not [each for each in secrets if each in kept]


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


async def test_one_browser_is_one_subscription_however_often_it_is_turned_on(
    client: httpx.AsyncClient, hear: Tell, order: Order, turn_on: TurnOn, new_token: NewToken
) -> None:
    await hear(order.placed())
    subscription = await turn_on(order.recipient)
    await turn_on(order.recipient, subscription)

    listed = (await client.get(URL, headers=bearer(new_token(order.recipient)))).json()

    assert len(listed["subscriptions"]) == 1
    assert listed["subscriptions"][0]["application_server_key"] == listed["application_server_key"]


async def test_a_browser_that_somebody_else_turns_on_is_theirs_alone(
    client: httpx.AsyncClient,
    hear: Tell,
    new_order: NewOrder,
    turn_on: TurnOn,
    new_token: NewToken,
    push_sender: Sender,
    push_service: PushService,
) -> None:
    first, second = new_order(), new_order()
    await hear(first.placed(), second.placed())
    subscription = await turn_on(first.recipient)
    await hear(first.ready())

    await turn_on(second.recipient, subscription)
    await hear(second.ready())
    await send_all(push_sender)

    assert [each.json()["link"] for each in push_service.pushed] == [f"/orders/{second.order_id}"]
    listed = (await client.get(URL, headers=bearer(new_token(first.recipient)))).json()
    assert listed["subscriptions"] == []


async def test_a_browser_is_turned_off_by_its_student_alone(
    client: httpx.AsyncClient,
    hear: Tell,
    new_order: NewOrder,
    turn_on: TurnOn,
    new_token: NewToken,
    push_sender: Sender,
    push_service: PushService,
) -> None:
    mine, other = new_order(), new_order()
    await hear(mine.placed(), other.placed())
    await turn_on(mine.recipient)
    headers = bearer(new_token(mine.recipient))
    (known,) = (await client.get(URL, headers=headers)).json()["subscriptions"]

    await client.delete(f"{URL}/{known['id']}", headers=bearer(new_token(other.recipient)))
    assert len((await client.get(URL, headers=headers)).json()["subscriptions"]) == 1

    assert (await client.delete(f"{URL}/{known['id']}", headers=headers)).status_code == 204
    assert (await client.delete(f"{URL}/{known['id']}", headers=headers)).status_code == 204
    await hear(mine.ready())
    await send_all(push_sender)
    assert push_service.pushed == []


async def test_an_eleventh_browser_takes_the_place_of_the_oldest(
    client: httpx.AsyncClient, hear: Tell, order: Order, turn_on: TurnOn, new_token: NewToken, clock: Clock
) -> None:
    await hear(order.placed())
    for _ in range(11):
        await turn_on(order.recipient)
        clock.advance(seconds=1)

    listed = (await client.get(URL, headers=bearer(new_token(order.recipient)))).json()["subscriptions"]

    assert len(listed) == 10
    assert listed[0]["created_at"] == "2026-10-01T12:00:01Z"


async def test_an_erasure_forgets_the_browsers(
    hear: Tell, order: Order, turn_on: TurnOn, push_sender: Sender, notifier_database: Database
) -> None:
    await hear(order.placed())
    await turn_on(order.recipient)
    await hear(order.ready(), order.erased())
    await send_all(push_sender)

    assert await count(notifier_database, "push_subscriptions") == 0
    assert await count(notifier_database, "deliveries") == 0


async def test_nobody_without_an_order_is_kept(
    client: httpx.AsyncClient,
    order: Order,
    new_token: NewToken,
    push_service: PushService,
    notifier_database: Database,
) -> None:
    headers = bearer(new_token(order.recipient))
    key = (await client.get(URL, headers=headers)).json()["application_server_key"]
    subscription = push_service.subscribe()
    given = {"endpoint": subscription["endpoint"], "keys": subscription["keys"]}

    answer = await client.post(URL, json=given | {"application_server_key": key}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "NOTHING_ORDERED")
    assert await count(notifier_database, "recipients") == 0


async def test_a_browser_with_another_key_is_told_to_subscribe_again(
    client: httpx.AsyncClient, hear: Tell, order: Order, new_token: NewToken, push_service: PushService
) -> None:
    await hear(order.placed())
    subscription = push_service.subscribe()
    given = {"endpoint": subscription["endpoint"], "keys": subscription["keys"]}

    headers = bearer(new_token(order.recipient))
    answer = await client.post(URL, json=given | {"application_server_key": "BAAA"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "PUSH_KEY_REPLACED")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "https://10.0.0.1/push"},
        {"endpoint": "https://ordering/internal/jwks"},
        {"endpoint": "file:///etc/passwd"},
        {"keys": {"p256dh": "AAAA", "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"keys": {"p256dh": "B" * 87, "auth": "AAAAAAAAAAAAAAAAAAAAAA"}},
        {"keys": {"auth": "AAAA"}},
        {"keys": {"auth": "!"}},
    ],
)
async def test_what_no_browser_would_give_is_refused(
    wrong: dict[str, Any],
    client: httpx.AsyncClient,
    hear: Tell,
    order: Order,
    new_token: NewToken,
    push_service: PushService,
    notifier_database: Database,
) -> None:
    await hear(order.placed())
    headers = bearer(new_token(order.recipient))
    key = (await client.get(URL, headers=headers)).json()["application_server_key"]
    subscription = push_service.subscribe()
    given = {"endpoint": wrong.get("endpoint", subscription["endpoint"])}
    given["keys"] = subscription["keys"] | wrong.get("keys", {})

    answer = await client.post(URL, json=given | {"application_server_key": key}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["code"] == "PUSH_SUBSCRIPTION_REFUSED"
    assert str(given["endpoint"]) not in answer.text
    assert await count(notifier_database, "push_subscriptions") == 0
