"""Everybody can use every page: axe-core finds nothing, in both languages, light and dark."""

import pytest
from playwright.async_api import Page, expect

from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.looks import Look, Looker, Say, each_look
from tests.browser.pages import sign_in
from tests.browser.wallet.steps import enter_code, expect_card, ready_order, words
from tests.journeys.conftest import People


@each_look
async def test_no_page_has_a_barrier(
    look: Look, open_device: OpenContext, people: People, addresses: Addresses
) -> None:
    language, scheme, device = look
    say, ready = words(language), await ready_order(people)
    page = await (await open_device(device, language=language, scheme=scheme)).new_page()
    looker = Looker(page, "wallet", look, doubles=False)

    await look_at_pages_without_a_card(page, looker, addresses, say)
    await sign_in(page, addresses.wallet, ready.account.subject, then="/add")
    await look_at_steps(page, looker, ready.qr_payload, say)
    await enter_code(page, ready.wrong_code, say)
    await expect(page.get_by_role("alert")).to_be_visible()
    await looker.look("wrong-code")
    await enter_code(page, ready.code, say)
    await expect_card(page, say)
    await look_at_card(page, looker, addresses, say)


async def look_at_pages_without_a_card(page: Page, looker: Looker, addresses: Addresses, say: Say) -> None:
    for path in (
        "/",
        "/showings",
        "/help",
        "/privacy",
        "/accessibility",
        "/offline",
        "/add",
        "/authorize",
        "/nowhere",
    ):
        await page.goto(f"{addresses.wallet}{path}")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await looker.look(path.strip("/") or "start")


async def look_at_steps(page: Page, looker: Looker, qr_payload: str, say: Say) -> None:
    await looker.look("choice")
    await page.get_by_role("button", name=say("Student card")).click()
    await page.get_by_role("button", name=say("Go on")).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await looker.look("terms-needed")
    await page.get_by_label(say("I accept the terms")).check()
    await page.get_by_role("button", name=say("Go on")).click()
    await page.get_by_label(say("QR code as text")).fill("something else")
    await page.get_by_role("button", name=say("Confirm")).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await looker.look("not-ours")
    await page.get_by_label(say("QR code as text")).fill(qr_payload)
    await page.get_by_role("button", name=say("Confirm")).click()
    await expect(page.get_by_role("heading", name=say("You are adding"))).to_be_visible()
    await looker.look("confirm")
    await page.get_by_role("button", name=say("Go on")).click()
    await expect(page.get_by_role("heading", name=say("Activation code"))).to_be_visible()
    await looker.look("code")


async def look_at_card(page: Page, looker: Looker, addresses: Addresses, say: Say) -> None:
    await looker.look("card")
    await page.get_by_role("button", name=say("Remove from this device")).click()
    await looker.look("removing")
    await page.get_by_role("button", name=say("Keep it")).click()
    await page.get_by_role("link", name=say("Show code")).click()
    await expect(page.locator("[data-qr] path")).to_be_attached()
    await looker.look("shown")
    for path in ("/showings", "/"):
        await page.goto(f"{addresses.wallet}{path}")
        await expect(page.get_by_role("listitem").first).to_be_visible()
        await looker.look(f"with-card{path.replace('/', '-')}")


@pytest.mark.parametrize("path", ["/", "/card", "/show", "/showings", "/help", "/add"])
async def test_text_can_be_twice_as_large(page: Page, addresses: Addresses, path: str) -> None:
    await page.goto(f"{addresses.wallet}{path}")
    await expect(page.get_by_role("heading").first).to_be_visible()

    await page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
