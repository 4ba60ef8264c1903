"""Both ways to a card, on a phone and at a desk, in both languages, and without scripts."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.async_api import expect

from devstack.journey.http import Addresses
from devstack.journey.story import decode_qr
from devstack.stack import Stack
from servicekit.problems import Language
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP, PHONE
from tests.browser.portal.steps import accept_required, activate, expect_title, open_portal, read_codes, words
from tests.journeys.conftest import People

each_language = pytest.mark.parametrize("language", ["pl", "en"])


@each_language
async def test_on_a_phone_the_codes_come_by_themselves_and_the_card_after_them(
    language: Language, open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    say = words(language)
    page, _ = await open_portal(open_device, PHONE, addresses, people, language=language)

    await expect_title(page, say("My student card"))
    await page.get_by_role("link", name=say("Order your card")).click()
    await accept_required(page)
    await page.get_by_role("button", name=say("Order your card")).click()
    await expect_title(page, say("Activate your card"))
    offer = offer_uri(await page.locator("#payload").input_value())
    await expect(page.get_by_role("link", name=say("Open in the wallet on this phone"))).to_have_attribute(
        "href", f"{addresses.wallet}/add#{offer}"
    )
    await activate(page, addresses, say)

    await expect(page.locator("#announcement")).to_have_text(say("Your card is active"))
    await expect(page.locator(".card-picture")).to_be_visible()


def offer_uri(qr_payload: str) -> str:
    return parse_qs(urlsplit(qr_payload).query)["credential_offer_uri"][0]


async def test_an_order_that_has_to_wait_becomes_ready_before_the_students_eyes(
    open_device: OpenContext, addresses: Addresses, people: People, stack: Stack
) -> None:
    say = words("pl")
    page, _ = await open_portal(open_device, PHONE, addresses, people, then="/order")

    with stack.paused("issuer"):
        await accept_required(page)
        await page.get_by_role("button", name=say("Order your card")).click()
        await expect_title(page, say("Your order is in progress"))
        await expect(page.locator("[aria-current=step]")).to_contain_text(say("Issuing"))
    await expect_title(page, say("Activate your card"))

    await expect(page.locator("#announcement")).to_have_text(say("Activate your card"))
    await expect(page).to_have_title(re.compile(say("Activate your card")))


@each_language
async def test_at_a_desk_the_application_leads_to_the_codes(
    language: Language, open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    say = words(language)
    page, _ = await open_portal(open_device, DESKTOP, addresses, people, language=language)

    await page.get_by_role("link", name=say("For students"), exact=True).click()
    await page.get_by_role("main").get_by_role("link", name="mLegitymacja").click()
    await expect_title(page, say("Application"))
    await page.get_by_role("link", name=say("On to the consents")).click()
    await accept_required(page)
    await page.get_by_role("button", name=say("Submit")).click()
    await expect_title(page, say("Activate your card"))

    shown = decode_qr(await page.locator(".qr").screenshot())
    assert shown == await page.locator("#payload").input_value()


async def test_without_scripts_a_student_orders_and_reads_the_codes(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    say = words("pl")
    page, _ = await open_portal(
        open_device, PHONE | {"java_script_enabled": False}, addresses, people, then="/order"
    )

    await accept_required(page)
    await page.get_by_role("button", name=say("Order your card")).click()
    await expect_title(page, say("Activate your card"))  # the page loads itself again until it is ready
    qr_payload, code = await read_codes(page)

    assert qr_payload.startswith("openid-credential-offer://")
    assert len(code) == 8
    await expect(page.get_by_role("button", name=say("Copy QR code"))).to_have_count(0)
