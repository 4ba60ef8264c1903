"""Everybody can use every page: no barrier that axe-core knows, text twice as large, the keyboard alone."""

from playwright.async_api import Page, expect

from devstack.accounts import all_accounts
from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP, PHONE
from tests.browser.looks import Look, Looker, Say, each_look
from tests.browser.pages import sign_in
from tests.browser.portal.steps import activate, expect_title, open_portal, order, words
from tests.journeys.conftest import People

PAGES = (
    *("/", "/for-students", "/order", "/application", "/application/consents", "/consents"),
    *("/help", "/privacy", "/accessibility", "/no-such-page"),
)


@each_look
async def test_no_page_has_a_barrier(
    look: Look, open_device: OpenContext, people: People, addresses: Addresses
) -> None:
    language, scheme, device = look
    context = await open_device(device, language=language, scheme=scheme)
    page = await context.new_page()
    looker = Looker(page, "portal", look)

    await page.goto(addresses.ordering)
    await looker.look("welcome")
    await sign_in(page, addresses.ordering, people.accounts.pop(0).subject)
    for path in PAGES:
        await page.goto(f"{addresses.ordering}{path}")
        await looker.look(path.strip("/").replace("/", "-") or "start")
    await look_at_an_order(page, looker, addresses, words(language))
    await look_at_a_card(page, looker, addresses, words(language))


async def look_at_an_order(page: Page, looker: Looker, addresses: Addresses, say: Say) -> None:
    await page.goto(f"{addresses.ordering}/order")
    await page.get_by_role("button", name=say("Order your card")).click()
    await expect(page.get_by_role("alert")).to_be_focused()
    await looker.look("order-refused")
    await order(page, addresses, say)
    await looker.look("ready")
    await page.get_by_role("link", name=say("Cancel the order")).click()
    await looker.look("cancellation")
    await page.go_back()


async def look_at_a_card(page: Page, looker: Looker, addresses: Addresses, say: Say) -> None:
    await activate(page, addresses, say)
    await looker.look("active")
    for name in ("swap", "revocation", "freeze"):
        await page.locator(f"a[href$='/{name}']").click()
        await looker.look(name)
        if name != "freeze":
            await page.go_back()
    await page.get_by_role("button", name=say("Freeze now")).click()
    await expect_title(page, say("Your card is frozen"))
    await looker.look("frozen")


async def test_whoever_cannot_order_yet_sees_every_reason(
    open_device: OpenContext, addresses: Addresses
) -> None:
    account = next(each for each in all_accounts() if each.note and not each.is_clerk)
    page = await (await open_device(PHONE, language="en")).new_page()

    await sign_in(page, addresses.ordering, account.subject)

    await expect_title(page, "You cannot order a card yet.")
    await Looker(page, "portal-reasons", ("en", "light", PHONE)).look("not-eligible")


async def test_a_card_is_ordered_with_the_keyboard_alone(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    say = words("pl")
    page, _ = await open_portal(open_device, DESKTOP, addresses, people, then="/order")

    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name=say("Skip to content"))).to_be_focused()
    await page.keyboard.press("Enter")
    for kind in ("card_terms", "data_to_wallet"):
        await _tab_to(page, f"#consent-{kind}")
        await page.keyboard.press("Space")
    await _tab_to(page, "form[action='/order'] button")
    await page.keyboard.press("Enter")
    await expect_title(page, say("Activate your card"))
    await _tab_to(page, "#code summary")
    await page.keyboard.press("Enter")

    await expect(page.locator("[data-code]")).to_be_visible()


async def _tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")
