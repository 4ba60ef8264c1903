"""The browser itself: what would break a page is noticed."""

import pytest
from playwright.async_api import Page

from devstack.journey.http import Addresses
from tests.browser.pages import axe, axe_about_colours, sign_in
from tests.browser.watching import Watch
from tests.journeys.conftest import People


async def test_a_person_signs_in_by_the_providers_page(
    phone: Page, addresses: Addresses, people: People
) -> None:
    await sign_in(phone, addresses.ordering, people.accounts.pop(0).subject, then="/api/v1/orders")

    assert (await phone.locator("pre").inner_text()).startswith("[")


async def test_an_error_of_a_page_fails_the_test(phone: Page, watch: Watch) -> None:
    await phone.goto("about:blank")
    async with phone.context.expect_event("weberror"):
        await phone.evaluate("() => { setTimeout(() => { throw new Error('broken') }) }")

    with pytest.raises(AssertionError, match="broken"):
        watch.require_nothing()
    watch.forgive("broken")


async def test_a_request_to_a_stranger_fails_the_test(phone: Page, watch: Watch) -> None:
    await phone.goto("about:blank")
    await phone.evaluate("() => fetch('https://stranger.example/').catch(() => null)")

    with pytest.raises(AssertionError, match="leaves this machine"):
        watch.require_nothing()
    watch.forgive("stranger")


async def test_a_page_that_not_everybody_can_read_is_found(desktop: Page) -> None:
    await desktop.set_content("<html lang=pl><title>x</title><main><h1>x</h1><img src='data:,'></main>")

    with pytest.raises(AssertionError, match="image-alt"):
        await axe(desktop)


async def test_colours_that_cannot_be_told_apart_in_the_dark_are_found(desktop: Page) -> None:
    grey = "<style>@media (prefers-color-scheme: dark) { p { color: #999; background: #aaa } }</style>"
    await desktop.set_content(f"<html lang=pl><title>x</title>{grey}<main><h1>x</h1><p>text</p></main>")
    await axe(desktop)
    await axe_about_colours(desktop)

    await desktop.emulate_media(color_scheme="dark")

    with pytest.raises(AssertionError, match="color-contrast"):
        await axe_about_colours(desktop)
