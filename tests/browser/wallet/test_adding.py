"""A card comes into the wallet: on a phone and at a desk, in both languages."""

import pytest
from playwright.async_api import expect

from devstack.journey.http import Addresses
from servicekit.problems import Language
from tests.browser.conftest import OpenContext
from tests.browser.devices import DEVICES
from tests.browser.pages import screenshot
from tests.browser.wallet.steps import add_card, ready_order, words
from tests.journeys.conftest import People


@pytest.mark.parametrize(("device", "language"), [("phone", "pl"), ("desktop", "en")])
async def test_a_card_is_added_and_shows_its_holder(
    device: str, language: Language, open_device: OpenContext, people: People, addresses: Addresses
) -> None:
    say, ready = words(language), await ready_order(people)
    page = await (await open_device(DEVICES[device], language=language)).new_page()

    await add_card(page, addresses, ready, say)

    card = page.locator("[data-card]")
    assert await card.locator("[data-slot=given_name]").inner_text() in ready.account.name
    await expect(card.locator("[data-slot=age]")).not_to_be_empty()
    await expect(card.get_by_text(say("Valid"), exact=True)).to_be_visible()
    await screenshot(page, f"wallet-card-{device}-{language}", whole=True)
