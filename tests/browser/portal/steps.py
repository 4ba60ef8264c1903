"""What a student does in the portal, in the words of a language."""

from typing import Any

from playwright.async_api import Page, expect

from devstack.accounts import Account
from devstack.journey.http import Addresses
from devstack.journey.wallet import WalletClient
from servicekit.problems import Language
from tests.browser.conftest import OpenContext
from tests.browser.looks import Say, words_of
from tests.browser.pages import sign_in
from tests.journeys.conftest import People

PATIENCE = 20_000  # milliseconds for what needs several services


def words(language: Language) -> Say:
    return words_of("ordering", language)


async def open_portal(
    open_device: OpenContext,
    device: dict[str, Any],
    addresses: Addresses,
    people: People,
    *,
    then: str = "/",
    **how: str,
) -> tuple[Page, Account]:
    """A student who has just signed in, at `then`."""
    account = people.accounts.pop(0)
    page = await (await open_device(device, **how)).new_page()
    await sign_in(page, addresses.ordering, account.subject, then=then)
    return page, account


async def expect_title(page: Page, title: str) -> None:
    await expect(page.get_by_role("heading", level=1, name=title)).to_be_visible(timeout=PATIENCE)


async def accept_required(page: Page) -> None:
    for kind in ("card_terms", "data_to_wallet"):
        await page.locator(f"#consent-{kind}").check()


async def order(page: Page, addresses: Addresses, say: Say) -> str:
    """The mobile way, up to the codes; answers the order's id."""
    await page.goto(f"{addresses.ordering}/order")
    await accept_required(page)
    await page.get_by_role("button", name=say("Order your card")).click()
    await expect_title(page, say("Activate your card"))
    return page.url.rpartition("/")[2]


async def read_codes(page: Page) -> tuple[str, str]:
    """QR content and activation code, as the page shows them."""
    await page.locator("#code summary").click()
    code = await page.locator("[data-code]").inner_text()
    return await page.locator("#payload").input_value(), code.replace(" ", "")


async def activate(page: Page, addresses: Addresses, say: Say) -> None:
    """A phone somewhere takes the codes; the page tells it by itself."""
    qr_payload, code = await read_codes(page)
    async with WalletClient(addresses) as phone:
        await phone.activate(qr_payload, code)
    await expect_title(page, say("Your card is active"))


async def active_card(page: Page, addresses: Addresses, say: Say) -> None:
    await order(page, addresses, say)
    await activate(page, addresses, say)
