"""Own cards: asked to change here, changed by the issuer alone; and the swap of phones."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest

from contracts.ordering import CardChangeRequested, OrderPlaced
from eventing import Works
from ordering.use_cases.hold_student import hold_student
from ordering.use_cases.strike_off_student import strike_off_student
from tests.component.ordering.conftest import PlaceOrder, SignIn, order_body
from tests.component.ordering.scene import NOON, SEMESTER_END, Clock, Story, tell
from tests.eventlog import published

STALE = NOON - timedelta(minutes=11)


@pytest.fixture
async def story(place_order: PlaceOrder, works: Works, anna: UUID) -> Story:
    """Anna has a card."""
    story = await place_order()
    await tell(works, story.ready(), story.accepted(), story.issued())
    return story


async def card_of(http: httpx.AsyncClient, story: Story) -> dict[str, object]:
    cards: list[dict[str, object]] = (await http.get("/api/v1/cards")).json()
    return next(card for card in cards if card["credential_id"] == str(story.credential_id))


async def asked_of_issuer(works: Works) -> list[tuple[str, str]]:
    events = [event for event in await published(works.pool) if isinstance(event, CardChangeRequested)]
    return [(event.change, event.by) for event in events]


async def test_a_card_is_listed_with_its_state(http: httpx.AsyncClient, story: Story) -> None:
    card = await card_of(http, story)

    assert card == {
        "credential_id": str(story.credential_id),
        "order_id": str(story.order_id),
        "status": "ACTIVE",
        "issued_at": NOON.isoformat().replace("+00:00", "Z"),
        "valid_until": SEMESTER_END.isoformat().replace("+00:00", "Z"),
        "device_label": "android",
        "holds": [],
        "requested": [],
    }


async def test_a_card_past_its_end_is_expired_and_an_extension_brings_it_back(
    http: httpx.AsyncClient, works: Works, story: Story, clock: Clock
) -> None:
    clock.now = SEMESTER_END
    expired = await card_of(http, story)
    await tell(works, story.extended(SEMESTER_END + timedelta(days=150)))

    assert (expired["status"], (await card_of(http, story))["status"]) == ("EXPIRED", "ACTIVE")


@pytest.mark.parametrize(("path", "change"), [("revocation", "revoke"), ("suspension", "suspend")])
async def test_a_change_is_requested_until_the_issuer_answers(
    http: httpx.AsyncClient, works: Works, story: Story, path: str, change: str
) -> None:
    response = await http.post(f"/api/v1/cards/{story.credential_id}/{path}")
    again = await http.post(f"/api/v1/cards/{story.credential_id}/{path}")
    requested = await card_of(http, story)
    await tell(works, story.revoked() if change == "revoke" else story.suspended("holder"))

    assert (response.status_code, again.status_code) == (202, 202)
    assert (requested["status"], requested["requested"]) == ("ACTIVE", [change])
    answered = await card_of(http, story)
    assert answered["requested"] == []
    assert answered["status"] == ("REVOKED" if change == "revoke" else "SUSPENDED")
    assert await asked_of_issuer(works) == [(change, "holder")]


async def test_a_requested_change_is_in_the_timeline(http: httpx.AsyncClient, story: Story) -> None:
    await http.post(f"/api/v1/cards/{story.credential_id}/revocation")

    order = (await http.get(f"/api/v1/orders/{story.order_id}")).json()

    last = order["timeline"][-1]
    assert (last["kind"], last["details"]["change"]) == ("card_change_requested", "revoke")


async def test_freezing_needs_no_fresh_sign_in_and_unfreezing_does(
    signed_in: SignIn, works: Works, story: Story
) -> None:
    stale, fresh = signed_in("anna", at=STALE), signed_in("anna")

    frozen = await stale.post(f"/api/v1/cards/{story.credential_id}/suspension")
    await tell(works, story.suspended("holder"))
    refused = await stale.post(f"/api/v1/cards/{story.credential_id}/reinstatement")
    unfrozen = await fresh.post(f"/api/v1/cards/{story.credential_id}/reinstatement")
    await tell(works, story.reinstated())

    assert (frozen.status_code, refused.status_code, unfrozen.status_code) == (202, 403, 202)
    assert (refused.json()["code"], refused.json()["max_age"]) == ("FRESH_SIGN_IN_NEEDED", 600)
    assert (await card_of(fresh, story))["status"] == "ACTIVE"


async def test_a_card_is_unfrozen_so_many_times_an_hour_and_frozen_whenever_its_holder_wants(
    signed_in: SignIn, works: Works, story: Story
) -> None:
    path, anna = f"/api/v1/cards/{story.credential_id}", signed_in("anna")
    answers = []
    for _ in range(11):
        assert (await anna.post(f"{path}/suspension")).status_code == 202
        await tell(works, story.suspended("holder"))
        answers.append(await anna.post(f"{path}/reinstatement"))
        await tell(works, story.reinstated())

    assert [answer.status_code for answer in answers] == [202] * 10 + [429]
    assert int(answers[-1].headers["Retry-After"]) <= 3600


async def test_revoking_needs_a_fresh_sign_in(signed_in: SignIn, works: Works, story: Story) -> None:
    path = f"/api/v1/cards/{story.credential_id}/revocation"

    refused = await signed_in("anna", at=STALE).post(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "FRESH_SIGN_IN_NEEDED")
    assert (await card_of(signed_in("anna"), story))["requested"] == []

    assert (await signed_in("anna").post(path)).status_code == 202


async def test_freezing_again_before_the_thaw_is_answered_is_asked_again(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.suspended("holder"))

    await http.post(f"/api/v1/cards/{story.credential_id}/reinstatement")
    await http.post(f"/api/v1/cards/{story.credential_id}/suspension")

    assert await asked_of_issuer(works) == [("reinstate", "holder"), ("suspend", "holder")]
    assert (await card_of(http, story))["requested"] == ["suspend"]


async def test_what_was_wanted_last_is_asked_once(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    for path in ("suspension", "reinstatement", "reinstatement"):
        response = await http.post(f"/api/v1/cards/{story.credential_id}/{path}")
        assert response.status_code == 202

    assert await asked_of_issuer(works) == [("suspend", "holder"), ("reinstate", "holder")]
    assert (await card_of(http, story))["requested"] == ["reinstate"]


async def test_a_hold_that_is_lifted_before_it_was_answered_is_watched_until_it_is(
    http: httpx.AsyncClient, works: Works, story: Story, anna: UUID
) -> None:
    for hold in (True, False):
        async with works.begin() as work:
            await hold_student(work, anna, hold=hold, actor_ref="clerk-7", reason=None)
    requested = await card_of(http, story)

    await tell(works, story.suspended("office", by="office"), story.reinstated(by="office"))

    assert (requested["requested"], (await card_of(http, story))["requested"]) == (["reinstate"], [])


async def test_a_hold_of_the_office_is_not_lifted_by_the_holder(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.suspended("office", by="office"))

    response = await http.post(f"/api/v1/cards/{story.credential_id}/reinstatement")

    assert (response.status_code, response.json()["code"]) == (409, "CARD_NOT_FROZEN")


async def test_a_card_with_two_holds_stays_suspended_when_one_is_lifted(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.suspended("holder"), story.suspended("holder", "office", by="office"))

    await tell(works, story.reinstated("office"))

    card = await card_of(http, story)
    assert (card["status"], card["holds"]) == ("SUSPENDED", ["office"])


async def test_an_ended_card_is_not_changed_any_more(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await tell(works, story.revoked())

    response = await http.post(f"/api/v1/cards/{story.credential_id}/suspension")

    assert (response.status_code, response.json()["code"]) == (409, "CARD_ENDED")


@pytest.mark.parametrize("path", ["revocation", "suspension", "reinstatement"])
async def test_a_card_that_is_only_offered_is_not_found(
    http: httpx.AsyncClient, works: Works, place_order: PlaceOrder, anna: UUID, path: str
) -> None:
    story = await place_order()
    await tell(works, story.ready())

    response = await http.post(f"/api/v1/cards/{story.credential_id}/{path}")

    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["revocation", "suspension", "reinstatement"])
async def test_nobody_changes_somebody_elses_card(
    signed_in: SignIn, works: Works, story: Story, jan: UUID, path: str
) -> None:
    foreign = await signed_in("jan").post(f"/api/v1/cards/{story.credential_id}/{path}")
    unknown = await signed_in("jan").post(f"/api/v1/cards/{uuid4()}/{path}")

    assert foreign.status_code == unknown.status_code == 404
    assert foreign.content == unknown.content
    assert await asked_of_issuer(works) == []
    assert await works.pool.fetchval("select count(*) from audit_lines") == 1


async def test_freezing_signs_out_everywhere_else(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    await works.pool.execute(
        "insert into sessions (id_hash, institution_id, subject, expires_at) values ($1, 'umcs', 'anna', $2)",
        b"found phone",
        SEMESTER_END,
    )

    await http.post(f"/api/v1/cards/{story.credential_id}/suspension")

    assert await works.pool.fetchval("select count(*) from sessions") == 0


async def test_a_second_card_is_offered_as_a_swap_only(http: httpx.AsyncClient, story: Story) -> None:
    response = await http.post("/api/v1/orders", json=order_body(), headers={"Idempotency-Key": "key-2"})
    eligibility = (await http.get("/api/v1/eligibility")).json()

    problem = response.json()
    assert (response.status_code, problem["code"]) == (409, "CARD_STANDS")
    assert problem["credential_id"] == eligibility["replaceable"] == str(story.credential_id)
    assert eligibility["may_order"] is False


async def test_a_swap_keeps_the_old_card_until_the_new_one_is_there(
    http: httpx.AsyncClient, works: Works, story: Story, place_order: PlaceOrder
) -> None:
    swap = await place_order(key="key-2", replaces=story.credential_id)
    await tell(works, swap.ready())
    before = await card_of(http, story)

    await tell(works, swap.issued(replaces=story.credential_id))

    placed = (await published(works.pool))[-1]
    assert isinstance(placed, OrderPlaced)
    assert placed.replaces == story.credential_id
    assert before["status"] == "ACTIVE"
    assert (await card_of(http, story))["status"] == "REPLACED"
    assert (await card_of(http, swap))["status"] == "ACTIVE"
    await tell(works, story.replaced())
    assert (await card_of(http, story))["status"] == "REPLACED"


async def test_a_swap_needs_a_fresh_sign_in(place_order: PlaceOrder, signed_in: SignIn, story: Story) -> None:
    body = order_body() | {"replaces": str(story.credential_id)}

    response = await signed_in("anna", at=STALE).post(
        "/api/v1/orders", json=body, headers={"Idempotency-Key": "key-2"}
    )

    assert (response.status_code, response.json()["code"]) == (403, "FRESH_SIGN_IN_NEEDED")


async def test_only_a_card_of_ones_own_that_stands_can_be_replaced(
    http: httpx.AsyncClient, story: Story
) -> None:
    body = order_body() | {"replaces": str(uuid4())}

    response = await http.post("/api/v1/orders", json=body, headers={"Idempotency-Key": "key-2"})

    assert (response.status_code, response.json()["code"]) == (422, "CANNOT_REPLACE")


async def test_a_new_order_just_after_a_revocation_needs_a_fresh_sign_in(
    signed_in: SignIn, works: Works, story: Story, place_order: PlaceOrder, clock: Clock
) -> None:
    await tell(works, story.revoked())
    clock.advance(hours=23)
    order = {"json": order_body(), "headers": {"Idempotency-Key": "key-2"}}

    refused = await signed_in("anna", at=NOON).post("/api/v1/orders", **order)  # type: ignore[arg-type] # httpx's overloads
    clock.advance(hours=1)
    allowed = await signed_in("anna", at=NOON).post("/api/v1/orders", **order)  # type: ignore[arg-type] # httpx's overloads

    assert (refused.status_code, refused.json()["code"]) == (403, "FRESH_SIGN_IN_NEEDED")
    assert allowed.status_code == 201


async def test_one_may_order_while_the_revocation_is_on_its_way(
    http: httpx.AsyncClient, story: Story, place_order: PlaceOrder
) -> None:
    await http.post(f"/api/v1/cards/{story.credential_id}/revocation")

    assert await place_order(key="key-2")


async def test_an_expired_card_does_not_stand_in_the_way(
    story: Story, place_order: PlaceOrder, clock: Clock
) -> None:
    clock.now = SEMESTER_END

    assert await place_order(key="key-2", at=clock.now)


async def test_a_hold_of_the_office_reaches_open_orders_and_cards_and_later_orders(
    works: Works, story: Story, anna: UUID, place_order: PlaceOrder
) -> None:
    swap = await place_order(key="key-2", replaces=story.credential_id)

    async with works.begin() as work:
        await hold_student(work, anna, hold=True, actor_ref="clerk-7", reason="rights_suspended")
    async with works.begin() as work:
        await hold_student(work, anna, hold=True, actor_ref="clerk-7", reason="rights_suspended")

    changes = [event for event in await published(works.pool) if isinstance(event, CardChangeRequested)]
    assert {event.order_id: event.credential_id for event in changes} == {
        story.order_id: story.credential_id,
        swap.order_id: None,
    }
    assert {(event.change, event.by, event.hold_version) for event in changes} == {("suspend", "office", 1)}


async def test_an_order_carries_the_hold_that_stands(
    works: Works, anna: UUID, place_order: PlaceOrder
) -> None:
    for hold in (True, False, True):
        async with works.begin() as work:
            await hold_student(work, anna, hold=hold, actor_ref="clerk-7", reason=None)

    await place_order()

    [event] = await published(works.pool)
    assert isinstance(event, OrderPlaced)
    assert (event.office_hold, event.hold_version) == (True, 3)


async def test_striking_off_revokes_a_card_once(works: Works, story: Story, anna: UUID) -> None:
    for _ in range(2):
        async with works.begin() as work:
            await strike_off_student(work, anna, by="system", actor_ref="import")

    assert await asked_of_issuer(works) == [("revoke", "system")]


async def test_a_suspension_that_passed_ahead_is_not_undone_by_an_older_reinstatement(
    http: httpx.AsyncClient, works: Works, story: Story
) -> None:
    first, lifted, newest = (
        story.suspended("holder"),
        story.reinstated(),
        story.suspended("office", by="office"),
    )

    await tell(works, newest, first, lifted, newest)

    card = await card_of(http, story)
    order = (await http.get(f"/api/v1/orders/{story.order_id}")).json()
    assert (card["status"], card["holds"]) == ("SUSPENDED", ["office"])
    kinds = [entry["kind"] for entry in order["timeline"][4:]]
    assert sorted(kinds) == ["card_reinstated", "card_suspended", "card_suspended"]


async def test_a_revocation_that_passed_ahead_of_the_card_itself_holds(
    http: httpx.AsyncClient, works: Works, place_order: PlaceOrder, anna: UUID
) -> None:
    story = await place_order()
    ready, issued, revoked = story.ready(), story.issued(), story.revoked()

    await tell(works, revoked, ready, issued, revoked)

    assert (await card_of(http, story))["status"] == "REVOKED"
    order = (await http.get(f"/api/v1/orders/{story.order_id}")).json()
    assert [entry["kind"] for entry in order["timeline"]].count("card_revoked") == 1
