"""A real browser on a whole stack: phones and desktops, each a fresh one, which notice a broken page.

Any uncaught error, any breach of the Content-Security-Policy and any request that leaves this machine is one.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Playwright, async_playwright, expect

from devstack.journey.http import Addresses
from tests.browser.devices import DESKTOP, PHONE, camera_that_shows, launch, open_context
from tests.browser.watching import Watch
from tests.journeys.conftest import accounts, addresses, people, stack

pytest.register_assert_rewrite("tests.browser.pages", "tests.browser.verifier.checking")

expect.set_options(timeout=20_000)  # what is seen late on a busy machine is seen nevertheless

__all__ = ["accounts", "addresses", "people", "stack"]  # fixtures that both kinds of tests use

CameraPhone = Callable[[Path], Awaitable[Page]]
OpenContext = Callable[..., Awaitable[BrowserContext]]


@pytest.fixture(scope="session")
async def playwright() -> AsyncIterator[Playwright]:
    async with async_playwright() as running:
        yield running


@pytest.fixture(scope="session")
async def browser(playwright: Playwright) -> AsyncIterator[Browser]:
    running = await launch(playwright)
    yield running
    await running.close()


@pytest.fixture
def watch(addresses: Addresses) -> Watch:
    """What went wrong in the pages of this test; a test that breaks something on purpose forgives it."""
    return Watch(provider=addresses.identity)


@pytest.fixture
async def open_device(browser: Browser, watch: Watch) -> AsyncIterator[OpenContext]:
    """`await open_device(PHONE, language="en", scheme="dark")`: a person's own browser, empty."""
    async with AsyncExitStack() as contexts:

        async def open_one(device: dict[str, Any], **how: str) -> BrowserContext:
            context = await open_context(browser, device, **how)
            contexts.push_async_callback(context.close)
            watch.over(context)
            return context

        yield open_one
    watch.require_nothing()


@pytest.fixture
async def camera_phone(playwright: Playwright, watch: Watch) -> AsyncIterator[CameraPhone]:
    """`await camera_phone(film)`: a phone whose camera shows this film, in a browser of its own."""
    async with AsyncExitStack() as browsers:

        async def open_one(film: Path) -> Page:
            browser = await launch(playwright, *camera_that_shows(film))
            browsers.push_async_callback(browser.close)
            context = await open_context(browser, PHONE)
            watch.over(context)
            return await context.new_page()

        yield open_one
    watch.require_nothing()


@pytest.fixture
async def phone(open_device: OpenContext) -> Page:
    return await (await open_device(PHONE)).new_page()


@pytest.fixture
async def desktop(open_device: OpenContext) -> Page:
    return await (await open_device(DESKTOP)).new_page()
