"""How pages are looked at: on which device, in which language, light and dark, and in double size."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from playwright.async_api import Page

from pagekit.pages import HERE, home_of
from pagekit.words import Words
from servicekit.problems import Language
from tests.browser.devices import DESKTOP, PHONE
from tests.browser.pages import axe, axe_about_colours, screenshot

Look = tuple[Language, str, dict[str, Any]]
Say = Callable[[str], str]

LOOKS: list[Look] = [("pl", "light", PHONE), ("en", "dark", DESKTOP)]
OTHER = {"light": "dark", "dark": "light"}

each_look = pytest.mark.parametrize(
    "look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}-{look[2]['viewport']['width']}"
)


@cache
def words_of(package: str, language: Language) -> Say:
    """The words of its pages by their English ones."""
    homes = [home_of(package), HERE]
    return Words([home / "locales" for home in homes]).of(language).gettext


class Looker:
    """Asks axe-core about each screen, light and dark, and keeps its picture; `doubles`: larger text, too."""

    def __init__(self, page: Page, app: str, look: Look, *, doubles: bool = True) -> None:
        language, self.scheme, device = look
        self.doubles = doubles
        self.page, self.number = page, 0
        self.name = f"{app}-{language}-{self.scheme}-{device['viewport']['width']}"

    async def look(self, screen: str) -> None:
        self.number += 1
        await screenshot(self.page, f"{self.name}-{self.number:02}-{screen}", whole=True)
        await axe(self.page)
        await self._emulate(OTHER[self.scheme])
        await axe_about_colours(self.page)
        await self._emulate(self.scheme)
        if self.doubles:
            await self._look_at_double_size(screen)

    async def _emulate(self, scheme: str) -> None:
        await self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # `light` or `dark`

    async def _look_at_double_size(self, screen: str) -> None:
        await self._require_no_sideways_scrolling(screen)
        await self.page.evaluate("document.documentElement.style.fontSize = '200%'")
        await self._require_no_sideways_scrolling(f"{screen} at 200 %")
        await self.page.evaluate("document.documentElement.style.fontSize = ''")

    async def _require_no_sideways_scrolling(self, screen: str) -> None:
        too_wide = await self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{screen}: {too_wide} pixels too wide"
