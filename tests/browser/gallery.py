"""Takes the pictures of `docs/screenshots`: `make screenshots`. One student goes from order to checked card.

Not collected with the tests, which ask for more; whatever a person would miss here fails as it does there.
"""

from pathlib import Path

from PIL import Image
from playwright.async_api import FilePayload, Page, expect

from devstack.assets import REPOSITORY
from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import DESKTOP, PHONE
from tests.browser.portal import steps as portal
from tests.browser.verifier.cameras import picture_of, png
from tests.browser.verifier.checking import expect_verdict
from tests.browser.verifier.conftest import ShownCard, make_card
from tests.browser.wallet import steps as wallet
from tests.journeys.conftest import People

PICTURES = REPOSITORY / "docs" / "screenshots"
COLOURS = 128


async def keep(page: Page, name: str) -> None:
    """As small as a picture of flat colours can be."""
    path = PICTURES / f"{name}.png"
    PICTURES.mkdir(exist_ok=True)
    await page.evaluate("document.activeElement?.blur()")
    await page.screenshot(path=path)
    make_small(path)


def make_small(path: Path) -> None:
    with Image.open(path) as taken:
        small = taken.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


async def test_the_portal(open_device: OpenContext, addresses: Addresses, people: People) -> None:
    say = portal.words("pl")
    page, _ = await portal.open_portal(open_device, PHONE, addresses, people)
    await keep(page, "portal-start")
    await page.goto(f"{addresses.ordering}/order")
    await keep(page, "portal-consents")
    await portal.order(page, addresses, say)
    await keep(page, "portal-ready")
    await portal.activate(page, addresses, say)
    await keep(page, "portal-active")
    await page.goto(f"{addresses.ordering}/alerts")
    await expect(page.get_by_role("listitem").first).to_be_visible()
    await keep(page, "portal-alerts")


async def test_the_portal_at_a_desk(open_device: OpenContext, addresses: Addresses, people: People) -> None:
    how = {"language": "en", "scheme": "dark"}
    page, _ = await portal.open_portal(open_device, DESKTOP, addresses, people, **how)
    await portal.order(page, addresses, portal.words("en"))
    await keep(page, "portal-ready-desk-dark")


async def test_the_wallet(open_device: OpenContext, addresses: Addresses, people: People) -> None:
    say, ready = wallet.words("pl"), await wallet.ready_order(people)
    page = await (await open_device(PHONE)).new_page()
    await wallet.go_to_code_step(page, addresses, ready, say)
    await keep(page, "wallet-activation")
    await wallet.enter_code(page, ready.code, say)
    await wallet.expect_card(page, say)
    await page.goto(f"{addresses.wallet}/card")
    await expect(page.locator("[data-card]")).to_be_visible()
    await keep(page, "wallet-card")
    await page.emulate_media(color_scheme="dark")
    await page.goto(f"{addresses.wallet}/show")
    await expect(page.locator("svg[viewBox] path").last).to_be_visible()
    await keep(page, "wallet-code-dark")


async def test_the_verifier(open_device: OpenContext, addresses: Addresses, people: People) -> None:
    shown = await make_card(people)
    page = await (await open_device(PHONE)).new_page()
    await page.goto(addresses.verifier)
    await keep(page, "verifier-start")
    await show_verdicts(page, shown)
    desk = await (await open_device(DESKTOP, language="en", scheme="dark")).new_page()
    await scan(desk, shown.code())
    await expect(desk.get_by_role("heading", name="VALID")).to_be_visible()
    await keep(desk, "verifier-valid-desk-dark")


async def show_verdicts(page: Page, shown: ShownCard) -> None:
    await scan(page, shown.code())
    await expect_verdict(page, "WAŻNA")
    await keep(page, "verifier-valid")
    await scan(page, shown.code(at=0))
    await expect_verdict(page, "KOD NIEAKTUALNY – poproś o nowy")
    await keep(page, "verifier-too-old")


async def scan(page: Page, code: str) -> None:
    """By a photo, as there is no camera here."""
    photo = FilePayload(name="code.png", mimeType="image/png", buffer=png(picture_of(code)))
    await page.goto(code.partition("#")[0])
    await page.locator("input[type=file]").set_input_files(photo)
