"""The inbox over HTTP: lists and marks, for the token's student alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from notifier.domain import Recipient
from notifier.parts import Parts
from servicekit.remote_keys import RemoteKeys
from tests.component.notifier.conftest import PORTAL, NewOrder, NewToken, Tell, bearer
from tests.component.notifier.scene import Order
from tests.databases import Database


async def test_alerts_come_newest_first_in_both_languages_with_what_is_unread(
    client: httpx.AsyncClient, hear: Tell, order: Order, new_token: NewToken
) -> None:
    await hear(order.placed(), order.ready(), order.issued())

    answer = await client.get("/api/v1/alerts", headers=bearer(new_token(order.recipient)))

    inbox = answer.json()
    activated = inbox["alerts"][0]
    assert [alert["kind"] for alert in inbox["alerts"]] == [
        "activated",
        "ready_to_activate",
        "order_received",
    ]
    assert (inbox["unread"], inbox["next"]) == (3, None)
    assert activated["title"] == {
        "pl": "Twoja mLegitymacja została aktywowana",
        "en": "Your student card has been activated",
    }
    assert "iPhone" in activated["text"]["pl"]
    assert [(link["rel"], link["url"]) for link in activated["links"]] == [
        ("open", f"{PORTAL}/orders/{order.order_id}"),
        ("freeze", f"{PORTAL}/cards/{order.credential_id}/freeze"),
    ]
    assert answer.headers["cache-control"] == "no-store"


async def test_an_inbox_is_read_page_by_page(
    client: httpx.AsyncClient, hear: Tell, order: Order, new_token: NewToken
) -> None:
    await hear(order.placed(), *(order.suspended() for _ in range(4)))
    headers = bearer(new_token(order.recipient))

    entries: list[list[int]] = []
    before: dict[str, int] = {}
    while True:
        page = (await client.get("/api/v1/alerts", params={"limit": 2} | before, headers=headers)).json()
        entries.append([alert["entry"] for alert in page["alerts"]])
        if page["next"] is None:
            break
        before = {"before": page["next"]}

    assert entries == [[5, 4], [3, 2], [1]]


async def test_an_alert_is_read_once_and_stays_read(
    client: httpx.AsyncClient, hear: Tell, order: Order, new_token: NewToken
) -> None:
    await hear(order.placed(), order.ready())
    headers = bearer(new_token(order.recipient))
    newest = (await client.get("/api/v1/alerts", headers=headers)).json()["alerts"][0]

    first = await client.post(f"/api/v1/alerts/{newest['id']}/read", headers=headers)
    again = await client.post(f"/api/v1/alerts/{newest['id']}/read", headers=headers)

    assert first.json() == again.json() == {"unread": 1}
    inbox = (await client.get("/api/v1/alerts", headers=headers)).json()
    assert [alert["read_at"] is None for alert in inbox["alerts"]] == [False, True]


async def test_somebody_elses_alert_is_as_unknown_as_one_that_never_was(
    client: httpx.AsyncClient, hear: Tell, new_order: NewOrder, new_token: NewToken
) -> None:
    mine, other = new_order(), new_order()
    elsewhere = Recipient("pwr", mine.student_ref)
    await hear(mine.placed(), other.placed())
    alert = (await client.get("/api/v1/alerts", headers=bearer(new_token(mine.recipient)))).json()["alerts"][
        0
    ]

    answers = [
        await client.post(f"/api/v1/alerts/{alert_id}/read", headers=bearer(new_token(reader)))
        for reader, alert_id in (
            (other.recipient, alert["id"]),
            (elsewhere, alert["id"]),
            (mine.recipient, uuid4()),
        )
    ]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["content-type"] == "application/problem+json"
    elsewhere_inbox = await client.get("/api/v1/alerts", headers=bearer(new_token(elsewhere)))
    assert elsewhere_inbox.json() == {"alerts": [], "unread": 0, "next": None}


@pytest.mark.parametrize("path", ["/api/v1/alerts", "/api/v1/alerts/events", "/api/v1/preferences"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "http://elsewhere.example"},
        {"aud": "http://localhost:8001"},
        {"exp": 1_700_000_000},
        {"sub": "no-uuid"},
        {"typ": "service+jwt"},
        {"scope": "orders"},
        None,
    ],
    ids=["issuer", "audience", "expired", "subject", "type", "scope", "none"],
)
async def test_a_wrong_token_opens_nothing(
    path: str, wrong: dict[str, Any] | None, client: httpx.AsyncClient, order: Order, new_token: NewToken
) -> None:
    headers = {} if wrong is None else bearer(new_token(order.recipient, **wrong))

    answer = await client.get(path, headers=headers)

    assert answer.status_code == 401
    assert answer.json()["code"] == "TOKEN_MISSING"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_in_the_query_is_not_looked_at(
    client: httpx.AsyncClient, order: Order, new_token: NewToken
) -> None:
    answer = await client.get("/api/v1/alerts", params={"access_token": new_token(order.recipient)})

    assert answer.status_code == 401


async def test_only_pages_of_the_portal_may_read_across_origins(client: httpx.AsyncClient) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    portal = await client.options("/api/v1/alerts", headers={"Origin": PORTAL} | asked)
    other = await client.options("/api/v1/alerts", headers={"Origin": "http://evil.example"} | asked)

    assert portal.headers["access-control-allow-origin"] == PORTAL
    assert "Last-Event-ID" in portal.headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in portal.headers
    assert "access-control-allow-origin" not in other.headers


async def test_all_that_was_seen_is_read_and_what_came_meanwhile_is_not(
    client: httpx.AsyncClient, hear: Tell, new_order: NewOrder, new_token: NewToken
) -> None:
    mine, other = new_order(), new_order()
    await hear(mine.placed(), other.placed(), mine.ready(), mine.locked())
    headers = bearer(new_token(mine.recipient))

    answer = await client.post("/api/v1/alerts/read", json={"up_to": 2}, headers=headers)

    assert answer.json() == {"unread": 1}
    alerts = (await client.get("/api/v1/alerts", headers=headers)).json()["alerts"]
    assert [(each["entry"], each["read_at"] is None) for each in alerts] == [
        (3, True),
        (2, False),
        (1, False),
    ]
    others = await client.get("/api/v1/alerts", headers=bearer(new_token(other.recipient)))
    assert others.json()["unread"] == 1


async def test_quiet_hours_are_kept_and_given_up(
    client: httpx.AsyncClient, hear: Tell, order: Order, new_token: NewToken
) -> None:
    await hear(order.placed())
    headers = bearer(new_token(order.recipient))
    quiet = {"quiet_hours": {"start": "22:00", "end": "06:30"}}
    none = {"quiet_hours": None}
    all_channels = {"channels": {"email": True, "push": True}}

    assert (await client.get("/api/v1/preferences", headers=headers)).json() == none | all_channels
    assert (
        await client.put("/api/v1/preferences", json=quiet, headers=headers)
    ).json() == quiet | all_channels
    assert (await client.get("/api/v1/preferences", headers=headers)).json() == quiet | all_channels
    await client.put("/api/v1/preferences", json=none, headers=headers)
    assert (await client.get("/api/v1/preferences", headers=headers)).json() == none | all_channels


async def test_a_channel_that_is_turned_off_stays_off_when_quiet_hours_change(
    client: httpx.AsyncClient, hear: Tell, order: Order, new_token: NewToken
) -> None:
    await hear(order.placed())
    headers = bearer(new_token(order.recipient))
    by_push_alone = {"email": False, "push": True}

    await client.put(
        "/api/v1/preferences", json={"quiet_hours": None, "channels": by_push_alone}, headers=headers
    )
    kept = await client.put("/api/v1/preferences", json={"quiet_hours": None}, headers=headers)

    assert kept.json()["channels"] == by_push_alone


@pytest.mark.parametrize("events", [(), ("placed", "erased")], ids=["nothing ordered", "erased"])
async def test_nothing_is_kept_of_a_student_without_orders(
    events: tuple[str, ...],
    client: httpx.AsyncClient,
    hear: Tell,
    order: Order,
    new_token: NewToken,
    notifier_database: Database,
) -> None:
    await hear(*(getattr(order, event)() for event in events))
    quiet = {"quiet_hours": {"start": "22:00", "end": "06:30"}}

    headers = bearer(new_token(order.recipient), **{"Accept-Language": "en"})
    answer = await client.put("/api/v1/preferences", json=quiet, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (409, "NOTHING_ORDERED")
    assert "once you have placed an order" in answer.json()["detail"]
    assert await notifier_database.pool.fetchval("select count(*) from recipients") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"quiet_hours": {"start": "22:00", "end": "22:00"}},
        {"quiet_hours": {"start": "24:00", "end": "06:00"}},
        {"quiet_hours": {"start": "22:00"}},
        {"quiet_hours": None, "locale": "de"},
    ],
)
async def test_preferences_that_are_none_are_refused(
    wrong: dict[str, Any], client: httpx.AsyncClient, order: Order, new_token: NewToken
) -> None:
    answer = await client.put("/api/v1/preferences", json=wrong, headers=bearer(new_token(order.recipient)))

    assert answer.status_code == 422


async def test_the_portals_keys_are_asked_for_once(
    client: httpx.AsyncClient, app: FastAPI, order: Order, new_token: NewToken, tmp_path: Path
) -> None:
    asked: list[str] = []

    def away(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        raise httpx.ConnectError("away")

    async with httpx.AsyncClient(transport=httpx.MockTransport(away)) as http:
        parts: Parts = app.state.parts
        unknown = RemoteKeys(f"{PORTAL}/internal/jwks", None, http)
        app.state.parts = replace(parts, portal_keys=unknown)
        answers = [
            await client.get("/api/v1/alerts", headers=bearer(new_token(order.recipient))) for _ in range(3)
        ]

    assert [answer.status_code for answer in answers] == [503] * 3
    assert "retry-after" in answers[0].headers
    assert len(asked) == 1
