"""The inbox in the portal: live, with a count in the header of every page, in both languages."""

import re

from playwright.async_api import Page, expect

from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP
from tests.browser.pages import axe, screenshot, sign_in
from tests.browser.push.conftest import NewPhone, PhoneWithPush
from tests.journeys.conftest import People


def page_of(phone: PhoneWithPush) -> Page:
    return phone.context.pages[0]


async def test_alerts_come_by_themselves_and_are_counted_on_every_page(
    new_phone: NewPhone, addresses: Addresses
) -> None:
    phone = await new_phone()
    page = page_of(phone)
    await expect(page.get_by_text("Nie masz jeszcze powiadomień.")).to_be_visible()
    await axe(page)
    await screenshot(page, "alerts-none-phone-pl-light", whole=True)

    placed = await phone.student.place_order()
    ready = page.get_by_role("link", name="Twoja mLegitymacja jest gotowa do aktywacji")
    await expect(ready).to_be_visible()
    await expect(page.locator("[data-unread]")).to_have_text("2")
    await expect(page.locator("li.alert").first).to_contain_text("gotowa do aktywacji")
    await axe(page)
    await screenshot(page, "alerts-phone-pl-light", whole=True)

    await page.goto(f"{addresses.ordering}/help")
    await expect(page.locator("[data-unread]")).to_have_text("2")
    await page.goto(f"{addresses.ordering}/alerts")
    await ready.click()
    await page.wait_for_url(f"{addresses.ordering}/orders/{placed['order_id']}")
    await expect(page.locator("[data-unread]")).to_have_text("1")


async def test_an_alert_that_comes_while_nobody_looks_is_there_when_somebody_does(
    new_phone: NewPhone, addresses: Addresses
) -> None:
    phone = await new_phone(language="en", scheme="dark")
    page = page_of(phone)
    await expect(page.get_by_text("You have no alerts yet.")).to_be_visible()
    await phone.context.set_offline(True)

    placed = await phone.student.place_order()
    await phone.student.wait_for(placed["order_id"], "READY")
    await phone.context.set_offline(False)

    await expect(page.get_by_role("link", name="Your student card is ready to activate")).to_be_visible()
    await expect(page.locator("[data-unread]")).to_have_text("2")
    day_first = re.compile(r"^\d{1,2} [A-Z][a-z]+ \d{4}")
    await expect(page.locator("li.alert time").first).to_have_attribute("title", day_first)
    await axe(page)
    await screenshot(page, "alerts-phone-en-dark", whole=True)


async def test_while_alerts_cannot_be_read_the_page_says_so_and_tries_again(
    new_phone: NewPhone, addresses: Addresses
) -> None:
    phone = await new_phone()
    page = page_of(phone)
    await phone.student.place_order()
    await expect(page.locator("li.alert").nth(1)).to_be_visible()
    await page.route(f"{addresses.notifier}/**", lambda route: route.abort())
    await page.reload()

    await expect(page.get_by_role("heading", name="Nie można teraz wczytać powiadomień")).to_be_visible()
    await axe(page)
    async with page.expect_request(f"{addresses.notifier}/**"):
        await page.get_by_role("button", name="Spróbuj ponownie").click()
    await page.unroute_all()

    await expect(page.locator("li.alert")).to_have_count(2)
    await page.get_by_role("button", name="Oznacz wszystkie jako przeczytane").click()
    await expect(page.locator("li.alert.is-unread")).to_have_count(0)
    await expect(page.locator("[data-unread]")).to_be_hidden()


async def test_whoever_did_not_activate_the_card_is_one_tap_from_freezing_it(
    open_device: OpenContext, people: People, addresses: Addresses
) -> None:
    student, account = await people.student()
    placed = await student.place_order()
    activation = (await student.wait_for(placed["order_id"], "READY"))["activation"]
    _, grant = await (await people.phone()).activate(activation["qr_payload"], activation["activation_code"])
    page = await (await open_device(DESKTOP, scheme="dark")).new_page()
    await sign_in(page, addresses.ordering, account.subject, then="/alerts")

    alert = page.locator("li.alert", has_text="Twoja mLegitymacja została aktywowana")
    await expect(alert).to_contain_text("Urządzenie")
    await axe(page)
    await screenshot(page, "alerts-desktop-pl-dark", whole=True)
    await alert.get_by_role("link", name="To nie ja").click()

    await page.wait_for_url(f"{addresses.ordering}/cards/{grant.credential_id}/freeze")


async def test_text_of_twice_the_size_fits_a_narrow_phone(new_phone: NewPhone) -> None:
    phone = await new_phone(language="en")
    page = page_of(phone)
    await phone.student.place_order()
    await expect(page.locator("li.alert").nth(1)).to_be_visible()
    await page.locator("[data-preferences]").get_by_label("Quiet hours").check()

    await page.evaluate("() => { document.documentElement.style.fontSize = '200%' }")
    await screenshot(page, "alerts-twice-the-size", whole=True)

    too_wide = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert await page.evaluate(too_wide) == 0


async def test_without_scripts_the_page_says_what_is_needed(
    new_phone: NewPhone, addresses: Addresses
) -> None:
    phone = await new_phone()
    cookies = await phone.context.cookies()
    browser = phone.context.browser
    assert browser is not None
    plain = await browser.new_context(java_script_enabled=False, locale="pl-PL")
    await plain.add_cookies([{**cookie} for cookie in cookies])  # type: ignore[typeddict-item]  # cookies as they were

    page = await plain.new_page()
    await page.goto(f"{addresses.ordering}/alerts")

    await expect(page.get_by_role("heading", name="Powiadomienia wymagają JavaScriptu")).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("Moja mLegitymacja")).last).to_be_visible()
    await expect(page.get_by_role("switch")).to_have_count(0)
    await plain.close()


async def test_quiet_hours_are_chosen_and_kept(new_phone: NewPhone) -> None:
    phone = await new_phone()
    page = page_of(phone)
    form = page.locator("[data-preferences]")
    await form.get_by_label("Godziny ciszy").check()
    await form.get_by_role("button", name="Zapisz").click()
    await expect(form.get_by_text("Wybierzesz to, gdy zamówisz mLegitymację.")).to_be_visible()

    await phone.student.place_order()
    await expect(page.locator("li.alert").first).to_be_visible()
    await form.get_by_label("Od", exact=True).fill("21:30")
    await form.get_by_role("button", name="Zapisz").click()
    await expect(form.get_by_text("Zapisano.")).to_be_visible()

    await page.reload()
    await expect(form.get_by_label("Godziny ciszy")).to_be_checked()
    await expect(form.get_by_label("Od", exact=True)).to_have_value("21:30")
    await expect(form.get_by_label("E-mail")).to_be_checked()
    await axe(page)
