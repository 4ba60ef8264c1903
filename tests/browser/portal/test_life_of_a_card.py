"""What happens to an order and a card, as its student sees it without loading the page again."""

from playwright.async_api import expect

from devstack.journey.http import Addresses, JourneyError
from devstack.journey.wallet import WalletClient
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP, PHONE
from tests.browser.portal.steps import (
    PATIENCE,
    accept_required,
    activate,
    active_card,
    expect_title,
    open_portal,
    order,
    read_codes,
    words,
)
from tests.journeys.conftest import People

say = words("pl")


async def test_both_codes_can_be_copied(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, DESKTOP, addresses, people)
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=addresses.ordering)
    await order(page, addresses, say)
    qr_payload, code = await read_codes(page)

    for name, copied in ((say("Copy QR code"), qr_payload), (say("Copy activation code"), code)):
        await page.get_by_role("button", name=name).click()
        await expect(page.locator("#announcement")).to_have_text(f"{name}: {say('Copied')}")
        assert await page.evaluate("navigator.clipboard.readText()") == copied


async def test_wrong_codes_are_counted_then_lock_and_a_new_code_cures(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people)
    await order(page, addresses, say)
    qr_payload, code = await read_codes(page)

    async with WalletClient(addresses) as phone:
        offer = await phone.fetch_offer(qr_payload)
        for left in (4, 3, 2, 1, 0):
            await _refused(phone, offer, f"{(int(code) + 1) % 10**8:08}")
            if left:
                await expect(page.locator("#attempts-left")).to_have_text(str(left), timeout=PATIENCE)
    await expect_title(page, say("Too many wrong attempts. The code is locked."))
    await page.get_by_role("button", name=say("Get a new code")).click()
    await expect_title(page, say("Activate your card"))

    assert await page.locator("#payload").input_value() != qr_payload
    await activate(page, addresses, say)


async def _refused(phone: WalletClient, offer: object, code: str) -> None:
    try:
        await phone.redeem(offer, code)  # type: ignore[arg-type]
    except JourneyError:
        return
    raise AssertionError("a wrong code was taken")


async def test_a_lost_phone_is_frozen_in_two_taps_and_unfrozen_again(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people)
    await active_card(page, addresses, say)

    await page.get_by_role("link", name=say("I lost my phone")).tap()
    await page.get_by_role("button", name=say("Freeze now")).tap()
    await expect_title(page, say("Your card is frozen"))
    await page.get_by_role("link", name=say("Unfreeze")).tap()
    await page.get_by_role("button", name=say("Unfreeze")).tap()

    await expect_title(page, say("Your card is active"))


async def test_a_card_moves_to_a_new_phone(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, DESKTOP, addresses, people)
    await active_card(page, addresses, say)
    old = page.url

    await page.get_by_role("link", name=say("I have a new phone")).click()
    await accept_required(page)
    await page.get_by_role("button", name=say("Move it to a new phone")).click()
    await expect_title(page, say("Activate your card"))
    await expect(page.get_by_role("heading", name=say("Your old card"))).to_be_visible()
    await activate(page, addresses, say)

    await page.goto(old)
    await expect_title(page, say("The card has moved to a new phone"))


async def test_a_revoked_card_can_be_ordered_again(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, DESKTOP, addresses, people)
    await active_card(page, addresses, say)

    await page.get_by_role("link", name=say("Revoke the card")).click()
    await page.get_by_role("button", name=say("Revoke for good")).click()
    await expect_title(page, say("Your card is revoked"))
    await page.get_by_role("link", name=say("Order again")).click()

    await expect_title(page, say("Order your card"))


async def test_a_cancelled_order_says_so(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people)
    await order(page, addresses, say)

    await page.get_by_role("link", name=say("Cancel the order")).click()
    await page.get_by_role("button", name=say("Cancel the order")).click()

    await expect_title(page, say("The order is cancelled"))


async def test_the_voluntary_consent_is_withdrawn_as_easily_as_given(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people, then="/consents")

    await page.get_by_role("button", name=say("I agree")).click()
    await page.get_by_role("button", name=say("Withdraw")).click()

    await expect(page.get_by_role("button", name=say("I agree"))).to_be_visible()
