"""What a page may load, weigh and say: strict policies, few bytes, and names that are only names."""

import asyncpg
import httpx
import pytest
from playwright.async_api import CDPSession, Dialog, Page, expect

from devstack.journey.http import Addresses
from devstack.stack import Stack
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.pages import axe, screenshot
from tests.browser.portal.steps import expect_title, open_portal, order, words
from tests.journeys.conftest import People

say = words("pl")

HOSTILE_NAMES = [
    ("<script>alert(1)</script>", "<img src=x onerror=alert(1)>"),
    ("\"; Drop' --", 'O\'Brien & "Syn"'),
    ("{{ 7 * 7 }}", "%(name)s"),
    ("\u202eanna", "\u200fكريم"),
    ("🦊 Zoë", "👩‍🎓"),
    ("Ł" * 100, "Ż" * 100),
]


@pytest.mark.parametrize("path", ["/", "/help", "/privacy", "/accessibility", "/no-such-page"])
async def test_every_page_forbids_what_is_not_ours(addresses: Addresses, path: str) -> None:
    async with httpx.AsyncClient(base_url=addresses.ordering, headers={"accept": "text/html"}) as browser:
        headers = (await browser.get(path)).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


class Scales:
    """How many bytes have come over the network."""

    def __init__(self, devtools: CDPSession) -> None:
        self.bytes = 0
        devtools.on("Network.loadingFinished", self._weigh)

    @classmethod
    async def under(cls, page: Page) -> "Scales":
        devtools = await page.context.new_cdp_session(page)
        await devtools.send("Network.enable")
        await devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        return cls(devtools)

    def _weigh(self, finished: dict[str, float]) -> None:
        self.bytes += int(finished["encodedDataLength"])


async def test_the_first_page_weighs_less_than_100_kilobytes(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page = await (await open_device(PHONE)).new_page()
    scales = await Scales.under(page)

    await page.goto(addresses.ordering, wait_until="networkidle")
    welcome = scales.bytes
    await page.close()

    assert 1_000 < welcome < 100_000


async def test_the_page_with_the_codes_weighs_less_than_100_kilobytes(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people)
    await order(page, addresses, say)
    scales = await Scales.under(page)

    await page.reload()
    await expect(page.get_by_role("button", name=say("Copy QR code"))).to_be_visible()

    assert 1_000 < scales.bytes < 100_000


async def test_a_name_is_only_a_name(
    open_device: OpenContext, addresses: Addresses, people: People, stack: Stack
) -> None:
    page, account = await open_portal(open_device, PHONE, addresses, people)
    dialogs: list[Dialog] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog)

    page.on("dialog", note)
    for number, (given_names, family_name) in enumerate(HOSTILE_NAMES):
        await rename(stack, account.subject, given_names, family_name)
        await page.reload()
        await expect(page.locator("dd bdi")).to_have_text(f"{given_names} {family_name}")
        await axe(page)
        await screenshot(page, f"portal-name-{number}", whole=True)
        assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert dialogs == []


async def rename(stack: Stack, subject: str, given_names: str, family_name: str) -> None:
    database = await asyncpg.connect(stack.databases["ordering"])
    try:
        await database.execute(
            "update students set given_names = $2, family_name = $3 where subject = $1",
            subject,
            given_names,
            family_name,
        )
    finally:
        await database.close()


async def test_the_code_is_not_in_a_picture_of_the_qr(
    open_device: OpenContext, addresses: Addresses, people: People
) -> None:
    page, _ = await open_portal(open_device, PHONE, addresses, people)
    await order(page, addresses, say)

    await expect_title(page, say("Activate your card"))
    await expect(page.locator("[data-code]")).to_be_hidden()
