"""What a checker does and sees, and what somebody on the way could do to it."""

import re
from typing import Any

from playwright.async_api import Locator, Page, Route, expect

VERIFICATIONS = re.compile(r"/api/v1/verifications$")
LISTS = re.compile(r"/status-lists/")
GREEN = "rgb(23, 107, 58)"


async def open_code(page: Page, code: str) -> None:
    """As the camera app of a phone does with what it has read."""
    await page.goto(code)


def verdict(page: Page) -> Locator:
    return page.locator("[data-view=result] h1")


async def expect_verdict(page: Page, words: str) -> None:
    """These words, and green behind them only if they say that the card is valid."""
    await expect(verdict(page)).to_have_text(words)
    is_green = await page.evaluate("getComputedStyle(document.body).backgroundColor") == GREEN
    assert is_green is (words == "WAŻNA")


async def expect_nobody(page: Page, names: str) -> None:
    assert names not in await page.content()
    assert await page.locator("[data-view=result] canvas").count() == 0


async def lie(page: Page, **told: Any) -> None:
    """The wallet's API says something else than it knows."""

    async def answer(route: Route) -> None:
        honest = await route.fetch()
        await route.fulfill(response=honest, json=await honest.json() | told)

    await page.route(VERIFICATIONS, answer)


async def fail(page: Page, where: re.Pattern[str], status: int) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(status=status, headers={"Access-Control-Allow-Origin": "*"}, body="")

    await page.route(where, answer)


async def hand_out_list(page: Page, token: str) -> None:
    """Whoever stands between the checker and the issuer gives this status list."""

    async def answer(route: Route) -> None:
        await route.fulfill(
            body=token,
            headers={"Access-Control-Allow-Origin": "*", "Content-Type": "application/statuslist+jwt"},
        )

    await page.route(LISTS, answer)
