"""Without a network: the card is shown, a code too, and what needs a network says so."""

import pytest
from playwright.async_api import Page, expect

from devstack.journey.checker import Checker
from devstack.journey.http import Addresses
from tests.browser.wallet.steps import words
from tests.browser.wallet.test_card import open_card, shown_code

SAY = words("pl")


@pytest.fixture
async def offline(page: Page, addresses: Addresses) -> Page:
    """The phone has been online with its card, and is not any more."""
    async with page.expect_event("requestfinished", lambda request: "/status-lists/" in request.url):
        await open_card(page, addresses)
    await expect(page.get_by_text(SAY("Checked"))).to_be_visible()
    await page.context.set_offline(True)
    return page


async def test_the_card_opens_and_tells_how_old_its_status_is(offline: Page, addresses: Addresses) -> None:
    await open_card(offline, addresses)

    await expect(offline.get_by_text("Offline – status z")).to_be_visible()
    await expect(offline.locator("[data-slot=checked]").first).to_contain_text("2026")
    await expect(offline.get_by_text(SAY("Valid"), exact=True)).to_be_visible()


async def test_a_code_that_is_made_offline_is_valid_to_a_checker(offline: Page, addresses: Addresses) -> None:
    await offline.goto(f"{addresses.wallet}/show")

    async with Checker(addresses) as checker:
        verdict = await checker.check(await shown_code(offline))

    assert verdict.outcome == "valid"


async def test_adding_a_document_says_that_it_needs_a_network(offline: Page, addresses: Addresses) -> None:
    await offline.goto(f"{addresses.wallet}/add")

    await expect(offline.get_by_role("heading", name=SAY("There is no connection"))).to_be_visible()


async def test_the_language_can_be_changed_offline(offline: Page, addresses: Addresses) -> None:
    await offline.goto(f"{addresses.wallet}/")

    await offline.get_by_role("link", name="English").click()

    await expect(offline.get_by_role("heading", name="Your documents")).to_be_visible()
    await offline.get_by_role("link", name="Polski").click()
    await expect(offline.get_by_role("heading", name="Twoje dokumenty")).to_be_visible()


async def test_what_is_kept_for_offline_knows_nobody(offline: Page, addresses: Addresses) -> None:
    await offline.goto(f"{addresses.wallet}/")

    await expect(offline.get_by_role("button", name=SAY("Sign out"))).to_have_count(0)


async def test_back_online_the_status_is_new_by_itself(offline: Page, addresses: Addresses) -> None:
    await open_card(offline, addresses)
    await expect(offline.get_by_text("Offline – status z")).to_be_visible()

    await offline.context.set_offline(False)

    await expect(offline.get_by_text(SAY("Checked"))).to_be_visible()
