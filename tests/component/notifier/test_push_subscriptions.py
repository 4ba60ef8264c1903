"""Browsers that a student turns on and off, and what is kept of them."""

from typing import Any

import httpx
import pytest

from devstack.push_service import PushService
from notifier.sender import Sender
from tests.component.notifier.conftest import NewOrder, NewToken, Tell, TurnOn, bearer
from tests.component.notifier.push import SUBSCRIPTIONS, count, send_all
from tests.component.notifier.scene import Clock, Order
from tests.databases import Database


async def test_a_subscription_is_kept_sealed(
    hear: Tell, order: Order, turn_on: TurnOn, notifier_database: Database
) -> None:
    await hear(order.placed())
    subscription = await turn_on(order.recipient)

    kept = repr(await notifier_database.pool.fetch("select * from push_subscriptions"))
    secrets = (subscription["endpoint"], *subscription["keys"].values())
    assert not [each for each in secrets if each in kept]


async def test_one_browser_is_one_subscription_however_often_it_is_turned_on(
    client: httpx.AsyncClient, hear: Tell, order: Order, turn_on: TurnOn, new_token: NewToken
) -> None:
    await hear(order.placed())
    subscription = await turn_on(order.recipient)
    await turn_on(order.recipient, subscription)

    listed = (await client.get(SUBSCRIPTIONS, headers=bearer(new_token(order.recipient)))).json()

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
    listed = (await client.get(SUBSCRIPTIONS, headers=bearer(new_token(first.recipient)))).json()
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
    (known,) = (await client.get(SUBSCRIPTIONS, headers=headers)).json()["subscriptions"]

    await client.delete(f"{SUBSCRIPTIONS}/{known['id']}", headers=bearer(new_token(other.recipient)))
    assert len((await client.get(SUBSCRIPTIONS, headers=headers)).json()["subscriptions"]) == 1

    assert (await client.delete(f"{SUBSCRIPTIONS}/{known['id']}", headers=headers)).status_code == 204
    assert (await client.delete(f"{SUBSCRIPTIONS}/{known['id']}", headers=headers)).status_code == 204
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

    listed = (await client.get(SUBSCRIPTIONS, headers=bearer(new_token(order.recipient)))).json()[
        "subscriptions"
    ]

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
    key = (await client.get(SUBSCRIPTIONS, headers=headers)).json()["application_server_key"]
    subscription = push_service.subscribe()
    given = {"endpoint": subscription["endpoint"], "keys": subscription["keys"]}

    answer = await client.post(SUBSCRIPTIONS, json=given | {"application_server_key": key}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "NOTHING_ORDERED")
    assert await count(notifier_database, "recipients") == 0


async def test_a_browser_with_another_key_is_told_to_subscribe_again(
    client: httpx.AsyncClient, hear: Tell, order: Order, new_token: NewToken, push_service: PushService
) -> None:
    await hear(order.placed())
    subscription = push_service.subscribe()
    given = {"endpoint": subscription["endpoint"], "keys": subscription["keys"]}

    headers = bearer(new_token(order.recipient))
    answer = await client.post(
        SUBSCRIPTIONS, json=given | {"application_server_key": "BAAA"}, headers=headers
    )

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
    key = (await client.get(SUBSCRIPTIONS, headers=headers)).json()["application_server_key"]
    subscription = push_service.subscribe()
    given = {"endpoint": wrong.get("endpoint", subscription["endpoint"])}
    given["keys"] = subscription["keys"] | wrong.get("keys", {})

    answer = await client.post(SUBSCRIPTIONS, json=given | {"application_server_key": key}, headers=headers)

    assert answer.status_code == 422
    assert answer.json()["code"] == "PUSH_SUBSCRIPTION_REFUSED"
    assert str(given["endpoint"]) not in answer.text
    assert await count(notifier_database, "push_subscriptions") == 0
