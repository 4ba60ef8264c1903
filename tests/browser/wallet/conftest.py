"""A phone that holds a card: most tests look at one that nobody ends."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, BrowserContext, Page

from devstack.accounts import Account
from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP, PHONE, open_context
from tests.browser.wallet.steps import Ready, add_card, ready_order, words
from tests.browser.watching import Watch
from tests.journeys.conftest import People


@dataclass(frozen=True, slots=True)
class Holder:
    """A person's browser with a card in it, and the order that it came from."""

    context: BrowserContext
    ready: Ready


@pytest.fixture(scope="session")
async def holder(browser: Browser, addresses: Addresses, accounts: list[Account]) -> AsyncIterator[Holder]:
    async with AsyncExitStack() as clients:
        ready = await ready_order(People(addresses, accounts, clients))
        context = await open_context(browser, PHONE)
        clients.push_async_callback(context.close)
        page = await context.new_page()
        await add_card(page, addresses, ready, words("pl"))
        await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
        await page.close()
        yield Holder(context, ready)


@pytest.fixture
async def page(holder: Holder, watch: Watch) -> AsyncIterator[Page]:
    """A new tab of the phone with the card."""
    watch.over(holder.context)
    async with await holder.context.new_page() as tab:
        yield tab
    await holder.context.set_offline(False)
    watch.require_nothing()


@pytest.fixture
async def ready(people: People) -> Ready:
    """An order that can be activated, and whose card nobody else needs."""
    return await ready_order(people)


@pytest.fixture
async def own_phone(open_device: OpenContext, addresses: Addresses, ready: Ready) -> Page:
    """With a card that nobody else needs."""
    phone = await (await open_device(PHONE)).new_page()
    await add_card(phone, addresses, ready, words("pl"))
    return phone


@pytest.fixture(scope="session")
async def modules(browser: Browser, addresses: Addresses) -> Page:
    """A page that has loaded `modules.<name>` of the wallet's static files."""
    page = await (await open_context(browser, DESKTOP)).new_page()
    await page.goto(f"{addresses.wallet}/help")
    await page.evaluate(
        """async () => {
          const folder = document.querySelector('script[src*="/js/page.js"]').src.replace("js/page.js", "");
          const cards = ["issuer", "sd-jwt", "status-list", "presentation"];
          const shared = [...cards, "qr", "code128", "bytes", "jwt", "es256"];
          const places = [...shared.map((name) => `js/${name}`), "wallet/openid4vci"];
          const load = async (place) => [place.split("/")[1], await import(`${folder}${place}.js`)];
          globalThis.modules = Object.fromEntries(await Promise.all(places.map(load)));
        }"""
    )
    return page
