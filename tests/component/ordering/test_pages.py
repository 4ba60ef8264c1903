"""The portal's pages: what a student sees in each state, and what its forms do."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from eventing import Works
from ordering.sealing import Sealers
from ordering.use_cases.hold_student import hold_student
from tests.component.ordering.conftest import PlaceOrder, SignIn
from tests.component.ordering.scene import CODE, CONSENTS, NOON, Clock, Story, add_student, tell

HTML = {"accept": "text/html", "accept-language": "en"}
TICKED = {f"consent-{kind}": version for kind, version in CONSENTS.items()}
EVERY_PAGE = ("/", "/for-students", "/order", "/application", "/application/consents", "/consents")
OPEN_PAGES = ("/help", "/privacy", "/accessibility")


@pytest.fixture
def browser(http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Anna's, which asks for pages in English."""
    http.headers.update(HTML)
    return http


async def heading(browser: httpx.AsyncClient, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    found = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found[1]).strip()


@pytest.mark.parametrize("path", [*EVERY_PAGE, *OPEN_PAGES])
async def test_every_page_is_there_in_both_languages(browser: httpx.AsyncClient, path: str) -> None:
    english = await browser.get(path)
    polish = await browser.get(path, headers={"accept-language": "pl"})

    assert (english.status_code, polish.status_code) == (200, 200)
    assert '<html lang="en">' in english.text
    assert '<html lang="pl">' in polish.text


async def test_whoever_is_not_signed_in_is_welcomed(signed_in: SignIn) -> None:
    nobody = signed_in(None)

    assert await heading(nobody, "/") == "Legitymacja studencka w Twoim telefonie"


async def test_whoever_is_not_signed_in_comes_back_after_signing_in(signed_in: SignIn) -> None:
    nobody = signed_in(None)

    answer = await nobody.get("/consents?x=1", headers=HTML)

    assert answer.status_code == 303
    assert answer.headers["location"] == "/signin?next=/consents%3Fx%3D1"


async def test_a_form_that_comes_too_late_leads_back_to_its_page(signed_in: SignIn) -> None:
    nobody = signed_in(None)

    answer = await nobody.post(
        "/order", data=TICKED, headers=HTML | {"referer": "http://ordering.test/order"}
    )

    assert answer.headers["location"] == "/signin?next=/order"


async def test_whom_the_office_has_suspended_is_told_before_ordering(
    browser: httpx.AsyncClient, works: Works, anna: UUID
) -> None:
    told = "Your right to a card is suspended"
    assert told not in (await browser.get("/")).text
    async with works.begin() as work:
        await hold_student(work, anna, hold=True, actor_ref="clerk:one", reason="data_in_doubt")

    eligibility = (await browser.get("/api/v1/eligibility")).json()

    assert (eligibility["may_order"], eligibility["office_hold"]) == (True, True)
    for path in ("/", "/order", "/application"):
        assert told in (await browser.get(path)).text


async def test_an_order_needs_every_required_consent(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/order", data={"consent-card_terms": "2026-11"})

    assert answer.status_code == 422
    assert "Needed for the card: tick it to go on." in answer.text
    assert 'value="2026-11" id="consent-card_terms" checked' in answer.text
    assert (await browser.get("/api/v1/orders")).json() == []


@pytest.mark.parametrize(("path", "channel"), [("/order", "mobile"), ("/application/consents", "web")])
async def test_a_form_sent_twice_is_one_order(browser: httpx.AsyncClient, path: str, channel: str) -> None:
    form = {"idempotency_key": "made-with-the-form", **TICKED}

    first = await browser.post(path, data=form)
    second = await browser.post(path, data=form)

    [order] = (await browser.get("/api/v1/orders")).json()
    assert order["channel"] == channel
    assert first.headers["location"] == second.headers["location"] == f"/orders/{order['order_id']}"


async def test_whoever_has_ordered_already_sees_that_order(browser: httpx.AsyncClient) -> None:
    await browser.post("/order", data={"idempotency_key": "first", **TICKED})

    again = await browser.post("/order", data={"idempotency_key": "second", **TICKED})
    form = await browser.get("/order")

    assert (again.status_code, again.headers["location"]) == (303, "/")
    assert (form.status_code, form.headers["location"]) == (303, "/")
    assert await heading(browser, "/") == "Your order is in progress"


async def test_a_card_that_cannot_be_ordered_yet_says_every_reason(
    works: Works, sealers: Sealers, signed_in: SignIn
) -> None:
    await add_student(works, sealers, "ewa", pesel_sealed=None, photo_sha256=None)
    browser = signed_in("ewa")

    page = (await browser.get("/order", headers=HTML)).text

    assert "There are 2 things to be settled first." in page
    assert "Your record has no PESEL number." in page
    assert "Your record has no approved photo." in page


async def test_a_ready_order_shows_qr_and_masked_code(
    browser: httpx.AsyncClient, place_order: PlaceOrder, works: Works
) -> None:
    story = await place_order()
    await tell(works, story.ready())

    page = (await browser.get("/")).text

    assert await heading(browser, "/") == "Activate your card"
    assert 'class="qr"' in page
    assert f"{CODE[:4]} {CODE[4:]}" in page
    assert page.index('<details class="secret"') < page.index(f"{CODE[:4]} {CODE[4:]}")


async def test_each_state_has_its_screen(
    browser: httpx.AsyncClient, place_order: PlaceOrder, works: Works, clock: Clock
) -> None:
    story = await place_order()
    seen = [await heading(browser, "/")]

    for told in (story.ready(), story.locked()):
        await tell(works, told)
        seen.append(await heading(browser, f"/orders/{story.order_id}"))
    await browser.post(f"/orders/{story.order_id}/activation-code")
    seen.append(await heading(browser, "/"))
    for told in (
        story.ready(2),
        story.issued(2),
        story.suspended("holder"),
        story.suspended("office", by="office"),
    ):
        await tell(works, told)
        seen.append(await heading(browser, "/"))
    await tell(works, story.reinstated())
    clock.advance(days=40)
    seen.append(await heading(browser, "/"))
    await tell(works, story.revoked())
    seen.append(await heading(browser, "/"))

    assert seen == [
        "Your order is in progress",
        "Activate your card",
        "Too many wrong attempts. The code is locked.",
        "A new code is on its way",
        "Activate your card",
        "Your card is active",
        "Your card is frozen",
        "Your card is suspended",
        "Your card has expired",
        "Your card is revoked",
    ]


async def test_a_cancelled_order_can_be_ordered_again(
    browser: httpx.AsyncClient, place_order: PlaceOrder
) -> None:
    story = await place_order()
    path = f"/orders/{story.order_id}/cancellation"

    assert await heading(browser, path) == "Cancel the order?"
    done = await browser.post(path)
    once_more = await browser.post(path)

    assert done.headers["location"] == once_more.headers["location"] == f"/orders/{story.order_id}"
    assert await heading(browser, "/") == "The order is cancelled"
    assert await heading(browser, "/order") == "Order your card"


async def test_a_rejected_order_says_why(
    browser: httpx.AsyncClient, place_order: PlaceOrder, works: Works
) -> None:
    story = await place_order()
    await tell(works, story.rejected("name_missing"))

    page = (await browser.get("/")).text

    assert "Your record has no name." in page


async def test_a_second_new_code_within_a_minute_says_when(
    browser: httpx.AsyncClient, place_order: PlaceOrder, works: Works
) -> None:
    story = await place_order()
    await tell(works, story.ready())
    path = f"/orders/{story.order_id}/activation-code"
    await browser.post(path)
    await tell(works, story.ready(2))

    refused = await browser.post(path)

    assert refused.status_code == 429
    assert "You can get a new activation code once a minute." in refused.text


@pytest.fixture
async def active(anna: UUID, place_order: PlaceOrder, works: Works) -> Story:
    story = await place_order()
    await tell(works, story.ready(), story.issued())
    return story


async def test_a_lost_phone_is_two_taps(browser: httpx.AsyncClient, active: Story) -> None:
    path = f"/cards/{active.credential_id}/freeze"
    assert f'href="{path}"' in (await browser.get("/")).text

    assert await heading(browser, path) == "Freeze the card?"
    frozen = await browser.post(path)

    assert frozen.headers["location"] == f"/orders/{active.order_id}"
    assert "Being frozen" in (await browser.get("/")).text


@pytest.mark.parametrize("step", ["reinstatement", "revocation", "swap"])
async def test_what_a_finder_could_do_needs_a_fresh_sign_in(
    signed_in: SignIn, active: Story, clock: Clock, step: str
) -> None:
    clock.advance(minutes=11)
    path = f"/cards/{active.credential_id}/{step}"

    refused = await signed_in("anna").get(path, headers=HTML)
    allowed = await signed_in("anna", at=NOON + timedelta(minutes=5)).get(path, headers=HTML)

    assert refused.status_code == 403
    assert f"/signin?max_age=600&amp;next={path}" in refused.text
    assert allowed.status_code == 200


async def test_a_swap_orders_the_successor_and_keeps_the_old_card(
    browser: httpx.AsyncClient, active: Story
) -> None:
    path = f"/cards/{active.credential_id}/swap"
    assert await heading(browser, path) == "Move the card to a new phone"

    placed = await browser.post(path, data={"idempotency_key": "swap", **TICKED})

    [newest, _] = (await browser.get("/api/v1/orders")).json()
    assert newest["replaces"] == str(active.credential_id)
    assert placed.headers["location"] == f"/orders/{newest['order_id']}"
    assert "Your old card" in (await browser.get("/")).text


async def test_a_swap_without_consents_is_asked_again(browser: httpx.AsyncClient, active: Story) -> None:
    refused = await browser.post(f"/cards/{active.credential_id}/swap", data={"idempotency_key": "swap"})

    assert refused.status_code == 422
    assert "Needed for the card" in refused.text


async def test_a_revoked_card_is_told_as_being_revoked_until_the_issuer_has_done_it(
    browser: httpx.AsyncClient, active: Story
) -> None:
    path = f"/cards/{active.credential_id}/revocation"
    assert await heading(browser, path) == "Revoke the card for good?"

    await browser.post(path)

    assert "Being revoked" in (await browser.get("/")).text


async def test_the_voluntary_consent_is_given_and_withdrawn(browser: httpx.AsyncClient) -> None:
    given = await browser.post("/consents/email_alerts", data={"version": "2026-11"})
    page = (await browser.get("/consents")).text
    withdrawn = await browser.post("/consents/email_alerts/withdrawal")

    assert (given.status_code, withdrawn.status_code) == (303, 303)
    assert "given on 1 October 2026, version 2026-11" in page
    assert "given on" not in (await browser.get("/consents")).text


async def test_somebody_elses_order_is_a_page_that_is_not_there(
    browser: httpx.AsyncClient, jan: UUID, signed_in: SignIn, place_order: PlaceOrder
) -> None:
    story = await place_order("jan")

    answer = await browser.get(f"/orders/{story.order_id}")

    assert answer.status_code == 404
    assert "There is no such page" in answer.text


async def test_whoever_is_no_student_is_told_in_words(signed_in: SignIn) -> None:
    answer = await signed_in("nobody-we-know").get("/", headers=HTML)

    assert answer.status_code == 403
    assert "You are not on the list of students" in answer.text


async def test_the_photo_is_ones_own(browser: httpx.AsyncClient, signed_in: SignIn) -> None:
    own = await browser.get("/photo")
    nobody = await signed_in(None).get("/photo")

    assert (own.status_code, own.headers["content-type"]) == (200, "image/jpeg")
    assert nobody.status_code == 401


async def test_the_chosen_language_is_kept_and_rules_open_orders(
    browser: httpx.AsyncClient, place_order: PlaceOrder
) -> None:
    await place_order()

    chosen = await browser.get("/language/en?next=/consents")

    assert (chosen.status_code, chosen.headers["location"]) == (303, "/consents")
    [order] = (await browser.get("/api/v1/orders")).json()
    assert order["locale"] == "en"


async def test_the_promise_is_the_median_of_the_last_hour(
    works: Works, sealers: Sealers, signed_in: SignIn, place_order: PlaceOrder, clock: Clock
) -> None:
    for number, seconds in enumerate([1, 3, 50]):
        await add_student(works, sealers, f"student{number}")
        story = await place_order(f"student{number}")
        clock.advance(seconds=seconds)
        await tell(works, story.ready())
    await add_student(works, sealers, "ewa")

    page = (await signed_in("ewa").get("/", headers=HTML)).text

    assert "Orders of the last hour were ready in 3 seconds (median)." in page


@pytest.mark.parametrize(("language", "name"), [("pl", "Portal studenta"), ("en", "Student portal")])
async def test_the_portal_can_be_installed(browser: httpx.AsyncClient, language: str, name: str) -> None:
    answer = await browser.get("/manifest.webmanifest", headers={"accept-language": language})

    manifest = answer.json()
    icons = [await browser.get(icon["src"]) for icon in manifest["icons"]]
    assert answer.headers["content-type"] == "application/manifest+json"
    assert manifest["name"].startswith(name)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    assert [icon.status_code for icon in icons] == [200, 200, 200]
