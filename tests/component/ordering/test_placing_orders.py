"""Placing an order: once per key, once per student, and only for those who may."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from contracts.catalogue import type_of
from contracts.ordering import ContactChanged, OrderPlaced
from eventing import Works
from ordering.parts import Parts
from ordering.sealing import Sealers
from servicekit.institutions import Institution
from servicekit.sealing import SealingContext
from tests.component.ordering.conftest import PlaceOrder, SignIn, order_body
from tests.component.ordering.scene import (
    CONSENTS,
    NOON,
    PESEL,
    PHOTO_SHA256,
    SEMESTER_END,
    Clock,
    add_student,
    tell,
)
from tests.eventlog import published


def post(http: httpx.AsyncClient, key: str | None = "key-1", **changes: object) -> Awaitable[httpx.Response]:
    headers = {} if key is None else {"Idempotency-Key": key}
    return http.post("/api/v1/orders", json=order_body() | changes, headers=headers)


async def test_an_order_is_placed_told_and_shown(http: httpx.AsyncClient, works: Works, anna: UUID) -> None:
    response = await post(http)

    order = response.json()
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["location"] == f"/api/v1/orders/{order['order_id']}"
    assert (order["status"], order["activation"]) == ("PLACED", None)
    assert [entry["kind"] for entry in order["timeline"]] == ["order_placed"]
    [event] = await published(works.pool)
    assert isinstance(event, OrderPlaced)
    assert (str(event.order_id), event.student_ref, event.channel) == (order["order_id"], anna, "mobile")
    assert (event.office_hold, event.hold_version, event.replaces) == (False, 0, None)


async def test_holder_and_contact_data_are_sealed_each_for_its_reader(
    http: httpx.AsyncClient, works: Works, sealers: Sealers
) -> None:
    await post(http)

    [event] = await published(works.pool)
    assert isinstance(event, OrderPlaced)
    holder = sealers.holder.open(event.holder_sealed, _context(event, "holder_sealed")).decode()
    contact = sealers.contact.open(event.contact_sealed, _context(event, "contact_sealed")).decode()
    assert all(part in holder for part in (PESEL, "Wójcik-Żak", PHOTO_SHA256, SEMESTER_END.isoformat()))
    assert '"email": null' in contact
    assert PESEL not in event.model_dump_json()
    assert "anna" not in event.model_dump_json()


def _context(event: OrderPlaced | ContactChanged, field: str) -> SealingContext:
    return SealingContext(type_of(type(event)), event.institution_id, event.order_id, field)


async def test_the_address_is_told_only_while_its_use_is_consented_to(
    http: httpx.AsyncClient, works: Works, sealers: Sealers, place_order: PlaceOrder
) -> None:
    await place_order(consents={**CONSENTS, "email_alerts": "2026-11"})

    first = await http.delete("/api/v1/consents/email_alerts")
    second = await http.delete("/api/v1/consents/email_alerts")

    assert (first.status_code, second.status_code) == (204, 204)
    placed, changed = await published(works.pool)
    assert isinstance(placed, OrderPlaced)
    assert isinstance(changed, ContactChanged)
    assert b"anna@umcs.example" in sealers.contact.open(
        placed.contact_sealed, _context(placed, "contact_sealed")
    )
    assert b"@" not in sealers.contact.open(changed.contact_sealed, _context(changed, "contact_sealed"))


async def test_a_retry_gets_the_same_order_and_the_same_answer_even_later(
    http: httpx.AsyncClient, works: Works, place_order: PlaceOrder
) -> None:
    first = await post(http)
    story = await place_order()
    await tell(works, story.ready())

    again = await post(http)

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert len(await published(works.pool)) == 1


async def test_one_press_that_arrives_ten_times_at_once_is_one_order(
    http: httpx.AsyncClient, works: Works
) -> None:
    responses = await asyncio.gather(*(post(http) for _ in range(10)))

    assert {response.status_code for response in responses} == {201}
    assert len({response.content for response in responses}) == 1
    assert len(await published(works.pool)) == 1


async def test_another_body_under_the_same_key_is_refused(http: httpx.AsyncClient) -> None:
    await post(http)

    response = await post(http, channel="web")

    assert (response.status_code, response.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("key", [None, ""])
async def test_an_order_without_idempotency_key_is_refused(http: httpx.AsyncClient, key: str | None) -> None:
    response = await post(http, key=key)

    assert (response.status_code, response.json()["code"]) == (400, "IDEMPOTENCY_KEY_MISSING")


async def test_two_students_may_use_the_same_key(
    http: httpx.AsyncClient, signed_in: SignIn, works: Works, sealers: Sealers
) -> None:
    await add_student(works, sealers, "jan")

    orders = [(await post(client)).json()["order_id"] for client in (http, signed_in("jan"))]

    assert orders[0] != orders[1]


async def test_a_second_order_while_one_is_open_is_refused(http: httpx.AsyncClient) -> None:
    first = await post(http)

    second = await post(http, key="key-2")

    problem = second.json()
    assert (second.status_code, problem["code"]) == (409, "ORDER_OPEN")
    assert problem["order_id"] == first.json()["order_id"]


async def test_two_different_orders_at_once_are_one(http: httpx.AsyncClient) -> None:
    responses = await asyncio.gather(*(post(http, key=f"key-{number}") for number in range(5)))

    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("consents", "problem"),
    [
        ({"card_terms": "2026-11"}, {"missing": ["data_to_wallet"], "outdated": [], "unknown": []}),
        (CONSENTS | {"card_terms": "2025-10"}, {"missing": [], "outdated": ["card_terms"], "unknown": []}),
        (CONSENTS | {"marketing": "1"}, {"missing": [], "outdated": [], "unknown": ["marketing"]}),
    ],
)
async def test_wrong_consents_are_named_and_nothing_is_stored(
    http: httpx.AsyncClient, works: Works, consents: dict[str, str], problem: dict[str, list[str]]
) -> None:
    response = await http.post(
        "/api/v1/orders", json=order_body(consents), headers={"Idempotency-Key": "key-1"}
    )

    assert (response.status_code, response.json()["code"]) == (422, "CONSENTS_WRONG")
    assert response.json().items() >= problem.items()
    assert await works.pool.fetchval("select count(*) from consents") == 0


async def test_every_reason_why_not_is_told_at_once_in_the_callers_language(
    works: Works, sealers: Sealers, signed_in: SignIn
) -> None:
    wrong: dict[str, Any] = {"status": "suspended", "cycle": "doctoral", "data_changed_at": NOON}
    missing: dict[str, Any] = {"pesel_sealed": None, "photo_sha256": None, "student_number": ""}
    await add_student(works, sealers, "ewa", **wrong, **missing)

    response = await post(signed_in("ewa"))
    english = await signed_in("ewa").get("/api/v1/eligibility", headers={"Accept-Language": "en"})

    reasons = [
        "STATUS_NOT_ACTIVE",
        "CYCLE_NOT_ENTITLED",
        "PESEL_MISSING",
        "STUDENT_NUMBER_MISSING",
        "PHOTO_MISSING",
        "DATA_CHANGED",
    ]
    assert (response.status_code, response.json()["code"]) == (422, "NOT_ELIGIBLE")
    assert [reason["code"] for reason in response.json()["reasons"]] == reasons
    assert "PESEL" in response.json()["reasons"][2]["text"]
    assert english.json()["may_order"] is False
    assert [reason["code"] for reason in english.json()["reasons"]] == reasons
    assert english.json()["reasons"][4]["text"] == "Your record has no approved photo."


async def test_a_plastic_card_must_be_prolonged_only_where_the_institution_says_so(
    web: FastAPI, parts: Parts, http: httpx.AsyncClient, umcs: Institution
) -> None:
    strict = umcs.rules.model_copy(update={"prolonged_plastic_card_required": True})
    changed = {**parts.institutions, "umcs": umcs.model_copy(update={"rules": strict})}

    lenient = await http.get("/api/v1/eligibility")
    web.state.parts = replace(parts, institutions=changed)
    response = await post(http)

    assert lenient.json()["may_order"] is True
    assert response.status_code == 422
    assert [reason["code"] for reason in response.json()["reasons"]] == ["PLASTIC_CARD_NOT_PROLONGED"]


async def test_an_open_order_is_a_reason_not_to_order_too(http: httpx.AsyncClient) -> None:
    before = await http.get("/api/v1/eligibility")
    await post(http)

    after = await http.get("/api/v1/eligibility")

    assert before.json() == {
        "may_order": True,
        "reasons": [],
        "replaceable": None,
        "office_hold": False,
    }
    assert [reason["code"] for reason in after.json()["reasons"]] == ["ORDER_OPEN"]


async def test_ordering_and_cancelling_gets_nobody_more_codes_than_a_day_allows(
    http: httpx.AsyncClient, clock: Clock
) -> None:
    for number in range(10):
        order = (await post(http, key=f"key-{number}")).json()
        await http.post(f"/api/v1/orders/{order['order_id']}/cancellation")
        clock.advance(minutes=1)

    refused = await post(http, key="one-more")
    retried = await post(http, key="key-9")
    eligibility = (await http.get("/api/v1/eligibility")).json()
    clock.now = NOON + timedelta(days=1)
    next_day = await post(http, key="one-more")

    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_ORDERS")
    assert refused.headers["retry-after"] == str(24 * 3600 - 600)
    assert (retried.status_code, retried.json()["order_id"]) == (201, order["order_id"])
    assert not eligibility["may_order"]
    assert [reason["code"] for reason in eligibility["reasons"]] == ["TOO_MANY_ORDERS"]
    assert next_day.status_code == 201


async def test_somebody_who_is_no_student_is_told_so(signed_in: SignIn) -> None:
    response = await post(signed_in("nobody"))

    assert (response.status_code, response.json()["code"]) == (403, "NOT_A_STUDENT")


async def test_nobody_orders_without_signing_in(signed_in: SignIn) -> None:
    assert (await post(signed_in(None))).status_code == 401


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"channel": "\\u0000"}', "application/json", 400),
        (b"channel=mobile", "application/x-www-form-urlencoded", 415),
        (b"[" * 100_000, "application/json", 413),
        (b'{"channel": "fax", "locale": "pl", "consents": []}', "application/json", 422),
        (b'{"channel": "web", "locale": "pl", "consents": []} trailing', "application/json", 400),
    ],
)
async def test_what_is_no_order_is_refused_and_never_an_error(
    http: httpx.AsyncClient, content: bytes, content_type: str, status: int
) -> None:
    headers = {"Idempotency-Key": "key-1", "Content-Type": content_type}

    response = await http.post("/api/v1/orders", content=content, headers=headers)

    assert response.status_code == status
