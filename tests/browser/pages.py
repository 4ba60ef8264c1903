"""What tests do with pages: sign in, ask axe-core, keep a picture."""

from pathlib import Path
from typing import Any

from playwright.async_api import Page

from devstack.assets import AXE, REPOSITORY

PICTURES = REPOSITORY / ".cache" / "browser"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def sign_in(page: Page, origin: str, subject: str, *, then: str = "/") -> None:
    """As a person does: by the provider's own page, and back to `then`."""
    await page.goto(f"{origin}/signin?next={then}")
    await page.locator("input[name=sub]").fill(subject)
    await page.get_by_role("button", name="Authorize").click()
    await page.wait_for_url(f"{origin}{then}")


async def axe(page: Page) -> None:
    """No violation of WCAG 2.2 A and AA, nor of what axe-core calls best practice."""
    await _ask_axe(page, {"type": "tag", "values": RULES})


async def axe_about_colours(page: Page) -> None:
    """Of the same rules those that light and dark can answer differently."""
    await _prepare_axe(page)
    of_colours = await page.evaluate("axe.getRules(['cat.color'])")
    names = [each["ruleId"] for each in of_colours if set(each["tags"]) & set(RULES)]
    assert "color-contrast" in names
    await _ask_axe(page, {"type": "rule", "values": names})


async def _ask_axe(page: Page, rules: dict[str, Any]) -> None:
    await _prepare_axe(page)
    found = await page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})",
        rules,
    )
    assert [_told(each) for each in found["violations"]] == []


async def _prepare_axe(page: Page) -> None:
    if not await page.evaluate("'axe' in globalThis"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))


def _told(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{node['target']}: {node['failureSummary']}" for node in violation["nodes"])
    return f"{violation['id']} ({violation['help']}) at {places}"


async def screenshot(page: Page, name: str, *, whole: bool = False) -> Path:
    """Kept in `.cache/browser`, to be looked at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    path = PICTURES / f"{name}.png"
    await page.screenshot(path=path, full_page=whole)
    return path
