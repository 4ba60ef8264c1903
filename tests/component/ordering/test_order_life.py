"""An order until its card is there: ready, codes, locks, cancelling, expiring."""

import io
from datetime import timedelta
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
import zxingcpp
from PIL import Image

from contracts.ordering import ActivationCodeRequested, OrderCancelled, OrderExpired, OrderPlaced
from eventing import Received, Works
from ordering.consumers import handlers
from ordering.sealing import Sealers
from ordering.use_cases.expire_orders import expire_orders
from ordering.use_cases.strike_off_student import strike_off_student
from servicekit.sealing import CannotOpen
from tests.component.ordering.conftest import PlaceOrder, SignIn
from tests.component.ordering.scene import CODE, NEXT_MONTH, Clock, Story, tell
from tests.eventlog import published


async def show(http: httpx.AsyncClient, story: Story) -> dict[str, object]:
    response = await http.get(f"/api/v1/orders/{story.order_id}")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    order: dict[str, object] = response.json()
    return order


@pytest.fixture
async def story(place_order: PlaceOrder, anna: UUID) -> Story:
    return await place_order()


async def test_a_ready_order_shows_code_and_qr(http: httpx.AsyncClient, works: Works, story: Story) -> None:
    await tell(works, story.ready())

    order = await show(http, story)

    offer = f"http://localhost:8004/offers/{'1'.rjust(32, 'A')}"
    assert order["status"] == "READY"
    activation = order["activation"]
    assert isinstance(activation, dict)
    assert activation["activation_code"] == CODE
    assert activation["attempts_left"] == 5
    assert activation["expires_at"] == NEXT_MONTH.isoformat().replace("+00:00", "Z")
    assert parse_qs(urlsplit(activation["qr_payload"]).query) == {"credential_offer_uri": [offer]}
    assert activation["deep_link"] == f"http://localhost:8004/add#{offer}"


async def test_a_code_that_cannot_be_opened_is_cured_by_a_new_one(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.ready())
    await works.pool.execute("update orders set code_sealed = 'lost.key'")

    order = await show(http, story)

    assert (order["status"], order["activation"]) == ("READY", None)
    assert (await http.post(f"/api/v1/orders/{story.order_id}/activation-code")).status_code == 202


async def test_a_code_that_was_sealed_for_another_order_is_refused_on_arrival(
    works: Works, story: Story, sealers: Sealers
) -> None:
    told, other = story.ready(), Story(uuid4(), sealers, story.clock).ready()
    foreign = other.event.activation_code_sealed
    swapped = Received(told.event.model_copy(update={"activation_code_sealed": foreign}), told.number)

    with pytest.raises(CannotOpen):
        async with works.begin() as work:
            await handlers(sealers.code, Mock())[type(told.event)](work, [swapped])

    assert await works.pool.fetchval("select state from orders") == "PLACED"


async def test_both_pictures_of_the_qr_read_as_its_content(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.ready())
    order = await show(http, story)

    png = await http.get(f"/api/v1/orders/{story.order_id}/qr.png")
    svg = await http.get(f"/api/v1/orders/{story.order_id}/qr.svg")

    [read] = zxingcpp.read_barcodes(Image.open(io.BytesIO(png.content)).convert("L"))
    assert isinstance(order["activation"], dict)
    assert read.text == order["activation"]["qr_payload"]
    assert (png.headers["content-type"], svg.headers["content-type"]) == ("image/png", "image/svg+xml")
    assert {png.headers["cache-control"], svg.headers["cache-control"]} == {"no-store"}


async def test_what_the_wallet_refuses_already_is_not_shown(
    http: httpx.AsyncClient, works: Works, story: Story, clock: Clock
) -> None:
    await tell(works, story.ready())
    paths = [f"/api/v1/orders/{story.order_id}/qr.{kind}" for kind in ("png", "svg")]
    clock.now = NEXT_MONTH - timedelta(seconds=1)
    until_then = [(await http.get(path)).status_code for path in paths]

    clock.now = NEXT_MONTH

    assert until_then == [200, 200]
    assert [(await http.get(path)).json()["code"] for path in paths] == ["CODE_EXPIRED"] * 2
    assert (await show(http, story))["activation"] is None
    assert (await http.post(f"/api/v1/orders/{story.order_id}/activation-code")).status_code == 202


async def test_there_is_no_qr_before_the_order_is_ready(http: httpx.AsyncClient, story: Story) -> None:
    response = await http.get(f"/api/v1/orders/{story.order_id}/qr.svg")

    assert (response.status_code, response.json()["code"]) == (409, "ORDER_NOT_READY")


async def test_wrong_codes_are_counted_and_the_fifth_locks(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.ready(), story.failed(4))
    counted = await show(http, story)
    await tell(works, story.failed(3), story.failed(2), story.failed(1), story.locked())

    order = await show(http, story)

    assert isinstance(counted["activation"], dict)
    assert counted["activation"]["attempts_left"] == 4
    assert (order["status"], order["activation"]) == ("LOCKED", None)
    assert (await http.get(f"/api/v1/orders/{story.order_id}/qr.png")).json()["code"] == "CODE_LOCKED"


async def test_a_new_code_opens_a_locked_order_without_a_new_order(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.ready(), story.locked())

    asked = await http.post(f"/api/v1/orders/{story.order_id}/activation-code")
    await tell(works, story.ready(generation=2, code="27182818"))

    assert (asked.status_code, asked.json()["status"], asked.json()["code_requested"]) == (
        202,
        "LOCKED",
        True,
    )
    order = await show(http, story)
    assert isinstance(order["activation"], dict)
    assert (order["status"], order["activation"]["activation_code"]) == ("READY", "27182818")
    assert order["activation"]["attempts_left"] == 5
    _, event = await published(works.pool)
    assert isinstance(event, ActivationCodeRequested)
    assert event.generation == 2


async def test_the_old_code_is_not_shown_while_a_new_one_is_on_its_way(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.ready())

    asked = await http.post(f"/api/v1/orders/{story.order_id}/activation-code")
    twice = await http.post(f"/api/v1/orders/{story.order_id}/activation-code")

    assert (asked.json()["activation"], asked.json()["code_requested"]) == (None, True)
    assert twice.status_code == 202
    assert len(await published(works.pool)) == 2


async def test_new_codes_come_once_a_minute_and_ten_times_a_day(
    http: httpx.AsyncClient, works: Works, story: Story, clock: Clock
) -> None:
    path = f"/api/v1/orders/{story.order_id}/activation-code"
    await tell(works, story.ready())
    await http.post(path)
    await tell(works, story.ready(generation=2))
    clock.advance(seconds=59)

    too_soon = await http.post(path)
    for generation in range(3, 12):
        clock.advance(minutes=1)
        assert (await http.post(path)).status_code == 202
        await tell(works, story.ready(generation=generation))
    clock.advance(minutes=1)
    too_many = await http.post(path)
    clock.advance(days=1)
    next_day = await http.post(path)

    assert (too_soon.status_code, too_soon.json()["code"]) == (429, "CODE_TOO_SOON")
    assert too_soon.headers["retry-after"] == "1"
    assert (too_many.status_code, too_many.json()["code"]) == (429, "TOO_MANY_NEW_CODES")
    assert next_day.status_code == 202


async def test_there_is_no_new_code_before_the_first(http: httpx.AsyncClient, story: Story) -> None:
    response = await http.post(f"/api/v1/orders/{story.order_id}/activation-code")

    assert (response.status_code, response.json()["code"]) == (409, "ORDER_NOT_READY")


async def test_a_cancelled_order_stays_cancelled_whatever_comes(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.ready())

    cancelled = await http.post(f"/api/v1/orders/{story.order_id}/cancellation")
    again = await http.post(f"/api/v1/orders/{story.order_id}/cancellation")
    await tell(works, story.issued(), story.revoked())

    order = await show(http, story)
    assert (cancelled.status_code, again.status_code) == (200, 200)
    assert (order["status"], order["activation"]) == ("CANCELLED", None)
    assert [type(event) for event in await published(works.pool)] == [OrderPlaced, OrderCancelled]
    assert await works.pool.fetchval("select code_sealed from orders") is None


async def test_after_cancelling_one_may_order_again(
    http: httpx.AsyncClient, place_order: PlaceOrder, story: Story
) -> None:
    await http.post(f"/api/v1/orders/{story.order_id}/cancellation")

    again = await place_order(key="key-2")

    orders = (await http.get("/api/v1/orders")).json()
    assert [(order["order_id"], order["status"]) for order in orders] == [
        (str(again.order_id), "PLACED"),
        (str(story.order_id), "CANCELLED"),
    ]


async def test_an_activated_order_cannot_be_cancelled(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.ready(), story.issued())

    response = await http.post(f"/api/v1/orders/{story.order_id}/cancellation")

    assert (response.status_code, response.json()["code"]) == (409, "ORDER_CLOSED")


async def test_the_code_is_deleted_when_the_card_is_there(works: Works, story: Story) -> None:
    await tell(works, story.ready(), story.issued())

    rows = await works.pool.fetch("select state, code_sealed from orders")

    assert [tuple(row) for row in rows] == [("ACTIVATED", None)]


async def test_a_rejected_order_tells_why(http: httpx.AsyncClient, works: Works, story: Story) -> None:
    await tell(works, story.rejected("photo_unreadable"))

    order = await show(http, story)

    assert (order["status"], order["reasons"]) == ("REJECTED", ["photo_unreadable"])


async def test_an_unused_offer_expires_one_hour_after_its_end(
    http: httpx.AsyncClient, works: Works, story: Story, clock: Clock
) -> None:
    await tell(works, story.ready())
    clock.now = NEXT_MONTH + timedelta(minutes=59)
    async with works.begin() as work:
        too_early = await expire_orders(work)
    clock.advance(minutes=1)

    async with works.begin() as work:
        expired = await expire_orders(work)

    assert (too_early, expired) == ([], [story.order_id])
    assert (await show(http, story))["status"] == "EXPIRED"
    _, event = await published(works.pool)
    assert isinstance(event, OrderExpired)


async def test_a_card_that_was_made_in_time_beats_the_expiry(
    http: httpx.AsyncClient, works: Works, story: Story, clock: Clock
) -> None:
    await tell(works, story.ready())
    issued = story.issued()
    clock.now = NEXT_MONTH + timedelta(hours=1)
    async with works.begin() as work:
        await expire_orders(work)

    await tell(works, issued)

    assert (await show(http, story))["status"] == "ACTIVATED"


async def test_an_order_does_not_expire_while_a_new_code_is_on_its_way(
    http: httpx.AsyncClient, works: Works, story: Story, clock: Clock
) -> None:
    await tell(works, story.ready())
    await http.post(f"/api/v1/orders/{story.order_id}/activation-code")
    clock.now = NEXT_MONTH + timedelta(days=1)

    async with works.begin() as work:
        assert await expire_orders(work) == []


async def test_striking_off_cancels_an_order_that_is_ready(
    http: httpx.AsyncClient, works: Works, story: Story, anna: UUID
) -> None:
    await tell(works, story.ready())

    async with works.begin() as work:
        await strike_off_student(work, anna, by="system", actor_ref="import")

    order = await show(http, story)
    timeline = order["timeline"]
    assert isinstance(timeline, list)
    assert (order["status"], timeline[-1]["details"]) == ("CANCELLED", {"reason": "ineligible"})
    _, event = await published(works.pool)
    assert isinstance(event, OrderCancelled)
    assert event.reason == "ineligible"


async def test_the_timeline_tells_everything_in_the_order_of_hearing(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(
        works, story.ready(), story.alerted("ready"), story.failed(4), story.accepted(), story.issued()
    )

    order = await show(http, story)

    timeline = order["timeline"]
    assert isinstance(timeline, list)
    assert [(entry["number"], entry["kind"], entry["status"]) for entry in timeline] == [
        (1, "order_placed", "PLACED"),
        (2, "credential_ready", "READY"),
        (3, "alert_delivered", "READY"),
        (4, "activation_failed", "READY"),
        (5, "activation_accepted", "READY"),
        (6, "card_issued", "ACTIVATED"),
    ]
    assert timeline[2]["details"].items() >= {"kind": "ready", "channel": "email"}.items()


async def test_the_timeline_holds_no_secret(http: httpx.AsyncClient, works: Works, story: Story) -> None:
    ready = story.ready()
    await tell(works, ready, story.issued())

    timeline = str((await show(http, story))["timeline"])

    secrets = (ready.event.offer_id, ready.event.activation_code_sealed, ready.event.activation_code_digest)
    assert not any(secret in timeline for secret in secrets)


@pytest.mark.parametrize("path", ["", "/qr.svg", "/qr.png", "/events"])
async def test_somebody_elses_order_is_not_found_and_noted(
    signed_in: SignIn, works: Works, story: Story, jan: UUID, path: str
) -> None:
    foreign = await signed_in("jan").get(f"/api/v1/orders/{story.order_id}{path}")
    unknown = await signed_in("jan").get(f"/api/v1/orders/{UUID(int=1)}{path}")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    notes = await works.pool.fetch("select action, actor_ref, order_id from audit_lines")
    assert [dict(note) for note in notes] == [
        {"action": "foreign_order_refused", "actor_ref": str(jan), "order_id": story.order_id}
    ]


@pytest.mark.usefixtures("jan")
async def test_the_limit_tells_nobody_which_orders_there_are(signed_in: SignIn, story: Story) -> None:
    for order_id in [UUID(int=1), story.order_id] * 10:
        assert (await signed_in("jan").get(f"/api/v1/orders/{order_id}")).status_code == 404

    for order_id in (UUID(int=2), story.order_id):
        assert (await signed_in("jan").get(f"/api/v1/orders/{order_id}")).status_code == 429


@pytest.mark.usefixtures("jan")
async def test_nobody_fills_the_audit_with_what_they_try_in_vain(
    signed_in: SignIn, works: Works, story: Story, clock: Clock
) -> None:
    path = f"/api/v1/orders/{story.order_id}"

    answers = [await signed_in("jan").get(path) for _ in range(25)]

    assert [answer.status_code for answer in answers] == [404] * 20 + [429] * 5
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert await works.pool.fetchval("select count(*) from audit_lines") == 20
    clock.advance(hours=1)
    assert (await signed_in("jan").get(path)).status_code == 404


@pytest.mark.parametrize("command", ["cancellation", "activation-code"])
async def test_nobody_changes_somebody_elses_order(
    signed_in: SignIn, works: Works, story: Story, jan: UUID, command: str
) -> None:
    await tell(works, story.ready())

    response = await signed_in("jan").post(f"/api/v1/orders/{story.order_id}/{command}")

    assert response.status_code == 404
    assert len(await published(works.pool)) == 1


async def test_the_same_subject_at_another_institution_is_another_person(
    signed_in: SignIn, works: Works, story: Story, anna_at_pwr: UUID
) -> None:
    client = signed_in("anna", "pwr")

    assert (await client.get(f"/api/v1/orders/{story.order_id}")).status_code == 404
    assert (await client.get("/api/v1/orders")).json() == []
