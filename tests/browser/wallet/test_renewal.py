"""A card that was extended, or whose data have changed, comes anew by itself, and says so."""

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from devstack.journey.checker import Checker
from devstack.journey.http import Addresses
from devstack.stack import Stack
from servicekit.institutions import WARSAW
from servicekit.problems import Language
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.pages import axe, screenshot
from tests.browser.wallet.conftest import Holder
from tests.browser.wallet.office import extend, import_again
from tests.browser.wallet.renewing import Asked, day, expect_end, in_storage
from tests.browser.wallet.steps import Ready, add_card, words
from tests.browser.wallet.test_card import open_card, shown_code
from tests.browser.wallet.test_encrypted_cards import JWT, insist_on_encryption
from tests.waiting import eventually

SAY = words("pl")
LONG = 15_000  # the issuer asks for a photo for three seconds, and a wallet asks every five


async def test_an_extended_card_comes_by_itself_and_checkers_see_its_new_end(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    until = await extend(stack, holder.ready, tmp_path)

    await open_card(page, addresses)

    await expect(page.get_by_role("status").get_by_text(SAY("Your card has been renewed"))).to_be_visible()
    await expect_end(page, until)
    await page.goto(f"{addresses.wallet}/show")
    async with Checker(addresses) as checker:
        verdict = await checker.check(await shown_code(page))
    assert verdict.outcome == "valid"
    assert verdict.person["expiry_date"] == until.astimezone(WARSAW).date().isoformat()


async def test_that_it_was_renewed_is_said_once(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    until = await extend(stack, holder.ready, tmp_path)
    await open_card(page, addresses)
    await expect_end(page, until)
    asked = Asked(page)

    async with page.expect_request("**/api/v1/presentations/*"):
        await open_card(page, addresses)

    await expect(page.get_by_text(SAY("Your card has been renewed"))).to_be_hidden()
    assert asked.tokens == 0


async def test_a_card_that_is_open_is_renewed_before_the_eyes(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    await page.clock.install()
    await open_card(page, addresses)
    await expect(page.get_by_text(SAY("Checked"))).to_be_visible()
    until = await extend(stack, holder.ready, tmp_path)

    async def a_minute_later() -> bool:
        await page.clock.run_for(61_000)
        shown = await page.locator("[data-card] [data-slot=expiry_date]").inner_text()
        return shown == await day(page, until)

    await eventually(a_minute_later, timeout=20, every=1)


async def test_the_new_card_is_taken_encrypted_where_the_issuer_wants_that(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    until = await extend(stack, holder.ready, tmp_path)
    asked = Asked(page)
    await insist_on_encryption(page)

    await open_card(page, addresses)

    await expect_end(page, until)
    [answer] = asked.about_cards
    assert (answer.request.headers["content-type"], answer.headers["content-type"]) == (JWT, JWT)


@pytest.mark.parametrize(("days_left", "is_asked_for"), [(15, False), (13, True)])
async def test_in_its_last_days_a_card_is_asked_for_whatever_is_told(
    own_phone: Page,
    addresses: Addresses,
    ready: Ready,
    stack: Stack,
    tmp_path: Path,
    days_left: int,
    is_asked_for: bool,
) -> None:
    until = await extend(stack, ready, tmp_path)
    await open_card(own_phone, addresses)
    await expect_end(own_phone, until)
    await own_phone.goto("about:blank")
    asked = Asked(own_phone)
    # Nothing tells the app what time it really is: the service will refuse, but it is asked.
    await own_phone.clock.install(time=until - timedelta(days=days_left))
    await own_phone.route("**/status-lists/*", lambda route: route.abort())
    await own_phone.route("**/api/v1/presentations/*", lambda route: route.abort())

    async with own_phone.expect_event("requestfailed", lambda request: "/presentations/" in request.url):
        await open_card(own_phone, addresses)
    await own_phone.wait_for_load_state("networkidle")

    await eventually(lambda: bool(asked.about_tokens) is is_asked_for)


async def test_a_card_that_an_older_app_has_added_goes_on_as_before(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    await open_card(page, addresses)
    await in_storage(page, "{ renewal: undefined, former: card.renewal }")
    until = await extend(stack, holder.ready, tmp_path)
    asked = Asked(page)

    async with page.expect_request("**/status-lists/*"):
        await open_card(page, addresses)

    await expect(page.get_by_text(SAY("Checked"))).to_be_visible()
    await expect(page.get_by_role("link", name=SAY("Show code"))).to_be_visible()
    assert asked.tokens == 0
    await in_storage(page, "{ renewal: card.former }")
    await open_card(page, addresses)
    await expect_end(page, until)


@pytest.mark.parametrize("language", ["pl", "en"])
async def test_a_new_name_and_photo_stand_on_the_card(
    open_device: OpenContext,
    addresses: Addresses,
    ready: Ready,
    stack: Stack,
    tmp_path: Path,
    language: Language,
) -> None:
    say = words(language)
    page = await (await open_device(PHONE, language=language)).new_page()
    await add_card(page, addresses, ready, say)
    photo = page.locator("[data-photo]")
    before = await photo.get_attribute("src")
    await import_again(stack, ready, tmp_path, family_name="Nowowiejska-Żak")

    await page.goto(f"{addresses.wallet}/")
    await page.get_by_role("link", name="Nowowiejska-Żak").click()

    await expect(page.get_by_text(say("Your card has been renewed"))).to_be_visible()
    await expect(page.locator("[data-slot=family_name]")).to_have_text("Nowowiejska-Żak")
    await expect(photo).not_to_have_attribute("src", before or "")
    await expect(page.locator("[data-slot=age]")).not_to_be_empty()
    await axe(page)
    await screenshot(page, f"wallet-renewed-{language}", whole=True)


async def test_a_new_photo_that_cannot_be_had_yet_comes_by_itself(
    own_phone: Page, addresses: Addresses, ready: Ready, stack: Stack, tmp_path: Path
) -> None:
    await import_again(stack, ready, tmp_path, family_name="Późniejsza")
    with stack.paused("ordering"):
        async with own_phone.expect_response(
            lambda answer: answer.url.endswith("/credential") and answer.status == 202, timeout=LONG
        ):
            await open_card(own_phone, addresses)
        await expect(own_phone.locator("[data-slot=family_name]")).not_to_have_text("Późniejsza")

    await expect(own_phone.locator("[data-slot=family_name]")).to_have_text("Późniejsza", timeout=LONG)
