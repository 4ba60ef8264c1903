"""Everybody can use it: no violation in any view, language or light; at twice the size; installed."""

import time

import pytest
from playwright.async_api import Page, expect

from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP, DEVICES, PHONE
from tests.browser.pages import axe
from tests.browser.verifier.checking import expect_verdict, open_code, verdict
from tests.browser.verifier.conftest import ShownCard

ways = pytest.mark.parametrize("scheme", ["light", "dark"])
languages = pytest.mark.parametrize("language", ["pl", "en"])


@ways
@languages
async def test_no_view_keeps_anybody_out(
    open_device: OpenContext, shown: ShownCard, addresses: Addresses, language: str, scheme: str
) -> None:
    page = await (await open_device(PHONE, language=language, scheme=scheme)).new_page()

    await page.goto(addresses.verifier)
    await axe(page)
    for code in (shown.code(), shown.code(at=time.time() - 60), f"{addresses.verifier}/#none"):
        await open_code(page, code)
        await expect(verdict(page)).to_be_focused()
        await axe(page)
    await page.context.set_offline(True)
    await open_code(page, shown.code())
    await expect(verdict(page)).to_be_focused()
    await axe(page)


@pytest.mark.parametrize("device", DEVICES.values(), ids=DEVICES)
async def test_text_can_be_twice_as_large(
    open_device: OpenContext, shown: ShownCard, device: dict[str, object]
) -> None:
    page = await (await open_device(device)).new_page()
    await open_code(page, shown.code())
    await expect_verdict(page, "WAŻNA")

    await page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_english_is_a_tap_away(phone: Page, addresses: Addresses) -> None:
    await phone.goto(addresses.verifier)

    await phone.get_by_role("link", name="English").click()

    await expect(phone.get_by_role("heading", name="Check a student card")).to_be_visible()
    await expect(phone.locator("html")).to_have_attribute("lang", "en")


async def test_it_can_be_installed(phone: Page, addresses: Addresses) -> None:
    session = await phone.context.new_cdp_session(phone)
    await phone.goto(addresses.verifier)

    manifest = await session.send("Page.getAppManifest")
    errors = await session.send("Page.getInstallabilityErrors")

    assert manifest["errors"] == []
    told = {each["errorId"] for each in errors["installabilityErrors"]}
    assert told <= {"in-incognito"}


async def test_the_first_page_is_small(open_device: OpenContext, addresses: Addresses) -> None:
    page = await (await open_device(DESKTOP)).new_page()
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))

    await page.goto(addresses.verifier, wait_until="networkidle")

    assert 5_000 < sum(sizes) < 100_000


async def test_without_scripts_it_says_what_it_needs(open_device: OpenContext, addresses: Addresses) -> None:
    page = await (await open_device(PHONE | {"java_script_enabled": False})).new_page()

    await page.goto(addresses.verifier)

    await expect(page.get_by_text("wymaga JavaScriptu")).to_be_visible()
