"""A student at a browser: signs in, orders, sees QR and code appear, and sees the card being activated."""

import shutil
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from devstack.journey.story import decode_qr
from devstack.journey.wallet import WalletClient
from tests.e2e.system import PATIENCE, REPOSITORY, System
from tests.journeys.conftest import People

CHROMIUM = shutil.which("chromium")  # else what Playwright itself has installed
STUDENTS_PAGE = "/students-page"
STAND_IN = REPOSITORY / "tests" / "e2e" / "portal.html"


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        # The sandbox of Chromium wants a user that is not root.
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(locale="pl-PL", device_scale_factor=2)
        yield await context.new_page()
        await browser.close()


async def test_a_student_orders_at_a_browser_and_sees_the_card_activated(
    system: System, people: People, page: Page
) -> None:
    portal = system.addresses.ordering
    await page.goto(f"{portal}/signin?next=/api/v1/orders")
    await sign_in(page, system, people.accounts.pop(0).subject)
    await expect(page).to_have_url(f"{portal}/api/v1/orders")

    await page.route(f"{portal}{STUDENTS_PAGE}", lambda route: route.fulfill(path=STAND_IN))
    await page.goto(f"{portal}{STUDENTS_PAGE}")
    await page.get_by_role("button", name="Zamów mLegitymację").click()
    await expect(page.get_by_role("status")).to_have_text("READY", timeout=PATIENCE * 1000)
    qr_payload = decode_qr(await page.get_by_alt_text("Kod QR").screenshot())
    activation_code = await page.locator("code").inner_text()
    async with WalletClient(system.addresses) as phone:
        await phone.activate(qr_payload, activation_code)

    await expect(page.get_by_role("status")).to_have_text("ACTIVATED", timeout=PATIENCE * 1000)
    await expect(page.get_by_alt_text("Kod QR")).to_have_count(0)


async def sign_in(page: Page, system: System, subject: str) -> None:
    """At the identity provider, which is another origin."""
    assert page.url.startswith(system.addresses.identity)
    await page.locator("input[name=sub]").fill(subject)
    await page.get_by_role("button", name="Authorize").click()
