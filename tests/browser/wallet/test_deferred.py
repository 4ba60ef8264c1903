"""A card whose photo the university cannot send yet comes by itself, to this phone and to no other."""

import pytest
from playwright.async_api import BrowserContext, Page, expect

from devstack.journey.http import Addresses
from devstack.stack import Stack
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.wallet.steps import Ready, enter_code, expect_card, go_to_code_step, words

SAY = words("pl")
WAITING = "Uczelnia nie przysłała jeszcze Twojego zdjęcia"
LONG = 15_000  # the issuer asks for a photo for three seconds, and a wallet asks every five


@pytest.fixture
async def context(open_device: OpenContext) -> BrowserContext:
    return await open_device(PHONE)


async def begin(page: Page, addresses: Addresses, ready: Ready, stack: Stack) -> None:
    """The right code is entered while nobody can send the photo."""
    await go_to_code_step(page, addresses, ready, SAY)
    with stack.paused("ordering"):
        await enter_code(page, ready.code, SAY)
        await expect(page.get_by_text(WAITING)).to_be_visible(timeout=LONG)


async def test_the_card_comes_by_itself_when_the_photo_is_there(
    context: BrowserContext, addresses: Addresses, ready: Ready, stack: Stack
) -> None:
    page = await context.new_page()

    await begin(page, addresses, ready, stack)

    await expect(page.locator("[data-card]")).to_be_visible(timeout=LONG)
    await expect_card(page, SAY)


async def test_an_app_that_was_closed_while_it_waited_fetches_the_card(
    context: BrowserContext, addresses: Addresses, ready: Ready, stack: Stack
) -> None:
    page = await context.new_page()
    await begin(page, addresses, ready, stack)
    await page.close()
    again = await context.new_page()

    await again.goto(f"{addresses.wallet}/")
    await expect(again.get_by_text(WAITING)).to_be_visible()
    await again.get_by_role("button", name=SAY("Fetch the card")).click()

    await expect(again.locator("[data-card]")).to_be_visible(timeout=LONG)
