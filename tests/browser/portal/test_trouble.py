"""What goes wrong between a person and a page: hurry, going back, two tabs, lost sessions and connections."""

import re

from playwright.async_api import Page, expect

from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP, PHONE
from tests.browser.portal.steps import (
    accept_required,
    activate,
    expect_title,
    open_portal,
    order,
    words,
)
from tests.journeys.conftest import People

say = words("pl")


async def orders_of(page: Page) -> int:
    return int(await page.evaluate("async () => (await (await fetch('/api/v1/orders')).json()).length"))


async def test_a_double_click_is_one_order(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, DESKTOP, addresses, people, then="/order")
    await accept_required(page)

    await page.get_by_role("button", name=say("Order your card")).dblclick()
    await expect_title(page, say("Activate your card"))

    assert await orders_of(page) == 1


async def test_a_double_click_without_scripts_is_one_order(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    scriptless = DESKTOP | {"java_script_enabled": False}
    page, _ = await open_portal(open_device, scriptless, addresses, people, then="/order")
    await accept_required(page)

    await page.get_by_role("button", name=say("Order your card")).dblclick()
    await expect_title(page, say("Activate your card"))
    await page.goto(f"{addresses.ordering}/")

    await expect(page.locator("#history")).to_have_count(0)  # no other order


async def test_going_back_after_ordering_leads_to_the_order_and_sending_again_too(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people, then="/order")
    form = await page.context.new_page()
    await form.goto(f"{addresses.ordering}/order")
    await accept_required(form)
    await order(page, addresses, say)

    await form.get_by_role("button", name=say("Order your card")).click()
    await expect_title(form, say("Activate your card"))
    await page.go_back()

    await expect_title(page, say("Activate your card"))
    assert await orders_of(page) == 1


async def test_two_tabs_tell_the_same(open_device: OpenContext, addresses: Addresses, people: People) -> None:
    page, _ = await open_portal(open_device, DESKTOP, addresses, people)
    await order(page, addresses, say)
    other = await page.context.new_page()
    await other.goto(page.url)

    await activate(page, addresses, say)

    await expect_title(other, say("Your card is active"))


async def test_a_session_that_ends_in_the_middle_is_renewed_where_the_person_was(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, account = await open_portal(open_device, PHONE, addresses, people, then="/order")
    await accept_required(page)
    await page.context.clear_cookies()

    await page.get_by_role("button", name=say("Order your card")).click()
    await page.locator("input[name=sub]").fill(account.subject)
    await page.get_by_role("button", name="Authorize").click()

    await page.wait_for_url(f"{addresses.ordering}/order")
    await expect_title(page, say("Order your card"))


async def test_a_sign_in_that_fails_is_told_in_words(open_device: OpenContext, addresses: Addresses) -> None:
    page = await (await open_device(PHONE)).new_page()

    await page.goto(f"{addresses.ordering}/signin/callback?state=forged&code=forged")

    await expect_title(page, "Nie udało się zalogować")
    await expect(page.get_by_role("link", name="Spróbuj ponownie")).to_have_attribute("href", "/signin")


async def test_signing_out_ends_the_session_here_and_at_the_provider(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people)

    await page.get_by_role("button", name=say("Sign out")).tap()
    await page.get_by_role("button", name="End session").tap()
    await expect_title(page, say("Your student card on your phone"))
    await page.goto(f"{addresses.ordering}/consents")

    await expect(page).to_have_url(re.compile(re.escape(addresses.identity)))


async def test_a_page_that_lost_its_connection_catches_up(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people)
    await order(page, addresses, say)
    elsewhere = await open_device(DESKTOP)
    await elsewhere.add_cookies(await page.context.cookies())  # type: ignore[arg-type]  # as they were given
    other = await elsewhere.new_page()
    await other.goto(page.url)
    await page.context.set_offline(True)

    await activate(other, addresses, say)
    await page.context.set_offline(False)

    await expect_title(page, say("Your card is active"))


async def test_the_language_is_a_tap_away_and_kept(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people, then="/consents")

    await page.get_by_role("link", name="English").tap()
    await expect_title(page, "Consents")
    await page.goto(f"{addresses.ordering}/")

    await expect_title(page, "My student card")
    assert await page.evaluate("document.documentElement.lang") == "en"
