"""The apps in a browser: a card is ordered, added and shown on one phone, and checked on another."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from devstack.journey.story import decode_qr
from tests.browser.devices import PHONE, launch, open_context
from tests.browser.pages import sign_in
from tests.browser.portal import steps as portal
from tests.browser.verifier.checking import expect_verdict, open_code
from tests.browser.wallet import steps as wallet
from tests.e2e.system import System
from tests.journeys.conftest import People


@pytest.fixture
async def phones() -> AsyncIterator[tuple[Page, Page]]:
    """The student's and the checker's."""
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        student, checker = [await open_context(browser, PHONE) for _ in range(2)]
        yield await student.new_page(), await checker.new_page()
        await browser.close()


async def test_a_card_is_ordered_added_shown_and_checked(
    system: System, people: People, phones: tuple[Page, Page]
) -> None:
    student, checker = phones
    addresses, (client, account) = system.addresses, await people.student()
    await sign_in(student, addresses.ordering, account.subject)
    order_id = await portal.order(student, addresses, portal.words("pl"))
    qr_payload, code = await portal.read_codes(student)

    ready = wallet.Ready(client, account, order_id, qr_payload, code, deep_link="")
    await wallet.add_card(student, addresses, ready, wallet.words("pl"))
    await student.goto(f"{addresses.wallet}/show")
    shown = student.locator("[data-qr]")
    await expect(shown.locator("path")).to_be_attached()

    await open_code(checker, decode_qr(await shown.screenshot()))
    await expect_verdict(checker, "WAŻNA")
