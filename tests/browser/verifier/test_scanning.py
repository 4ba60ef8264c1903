"""How a code comes in: by the page's own camera, by a photo, or opened by the camera of a phone."""

import re
import time
from pathlib import Path

from playwright.async_api import FilePayload, Page, expect

from devstack.journey.http import Addresses
from tests.browser.conftest import CameraPhone, OpenContext
from tests.browser.devices import PHONE
from tests.browser.verifier.cameras import film, picture_of, png
from tests.browser.verifier.checking import expect_nobody, expect_verdict, open_code
from tests.browser.verifier.conftest import ShownCard


async def test_the_camera_reads_a_shown_code(
    camera_phone: CameraPhone, shown: ShownCard, addresses: Addresses, tmp_path: Path
) -> None:
    page = await camera_phone(film(picture_of(shown.code()), tmp_path / "shown.mjpeg"))
    await page.goto(addresses.verifier)

    await page.get_by_role("button", name="Skanuj kod").click()

    await expect_verdict(page, "WAŻNA")
    await expect(page.get_by_text(shown.names)).to_be_visible()
    await expect(page.get_by_text("Otwarte aparatem telefonu")).to_have_count(0)


async def test_a_screenshot_of_an_old_code_is_refused(
    camera_phone: CameraPhone, shown: ShownCard, addresses: Addresses, tmp_path: Path
) -> None:
    screenshot = picture_of(shown.code(at=time.time() - 60))
    page = await camera_phone(film(screenshot, tmp_path / "old.mjpeg"))
    await page.goto(addresses.verifier)

    await page.get_by_role("button", name="Skanuj kod").click()

    await expect_verdict(page, "KOD NIEAKTUALNY – poproś o nowy")
    await expect_nobody(page, shown.names)


async def test_the_camera_is_off_after_a_code_was_read(
    camera_phone: CameraPhone, shown: ShownCard, addresses: Addresses, tmp_path: Path
) -> None:
    page = await camera_phone(film(picture_of(shown.code()), tmp_path / "shown.mjpeg"))
    await page.goto(addresses.verifier)

    await page.get_by_role("button", name="Skanuj kod").click()
    await expect_verdict(page, "WAŻNA")

    assert await page.evaluate("document.querySelector('video').srcObject") is None


async def test_a_code_that_leads_elsewhere_is_named_and_scanning_goes_on(
    camera_phone: CameraPhone, shown: ShownCard, addresses: Addresses, tmp_path: Path
) -> None:
    elsewhere = shown.code().replace(addresses.verifier, "https://verifier.example")
    page = await camera_phone(film(picture_of(elsewhere), tmp_path / "elsewhere.mjpeg"))
    await page.goto(addresses.verifier)

    await page.get_by_role("button", name="Skanuj kod").click()

    await expect(page.get_by_text("To nie jest kod tej strony")).to_be_visible()
    await expect(page.get_by_text(addresses.verifier)).to_be_visible()
    await page.get_by_role("button", name="Anuluj").click()
    await expect(page.get_by_role("heading", name="Sprawdź legitymację")).to_be_visible()


async def test_a_photo_of_a_code_is_read_in_the_page(
    phone: Page, shown: ShownCard, addresses: Addresses
) -> None:
    await phone.goto(addresses.verifier)

    await choose_photo(phone, png(picture_of(shown.code())))

    await expect_verdict(phone, "WAŻNA")


async def test_a_photo_without_a_code_says_how_to_take_a_better_one(
    phone: Page, addresses: Addresses
) -> None:
    await phone.goto(addresses.verifier)

    await choose_photo(phone, png(picture_of("").convert("L").point(lambda _: 90)))

    await expect(phone.get_by_text("Na zdjęciu nie ma czytelnego kodu")).to_be_visible()


async def test_a_photo_of_another_code_is_named(phone: Page, addresses: Addresses) -> None:
    await phone.goto(addresses.verifier)

    await choose_photo(phone, png(picture_of("https://shop.example/coupon")))

    await expect(phone.get_by_text("To nie jest kod tej strony")).to_be_visible()


async def choose_photo(page: Page, picture: bytes) -> None:
    photo = FilePayload(name="code.png", mimeType="image/png", buffer=picture)
    await page.get_by_label("Wczytaj zdjęcie kodu").set_input_files(photo)


async def test_a_camera_that_cannot_be_used_leaves_the_photo(phone: Page, addresses: Addresses) -> None:
    await phone.goto(addresses.verifier)

    await phone.get_by_role("button", name="Skanuj kod").click()

    await expect(phone.get_by_role("status")).to_have_text(re.compile("Nie ma tu aparatu|Brak zgody"))
    await expect(phone.get_by_role("button", name="Skanuj kod")).to_be_visible()


async def test_without_a_decoder_the_page_says_what_else_can_be_done(
    phone: Page, addresses: Addresses
) -> None:
    await phone.route("**/vendor/**", lambda route: route.fulfill(status=404))
    await phone.goto(addresses.verifier)

    await phone.get_by_role("button", name="Skanuj kod").click()

    await expect(phone.get_by_text("Ta przeglądarka nie potrafi odczytać kodu")).to_be_visible()


async def test_a_code_opened_by_another_app_says_which_address_to_compare(
    phone: Page, shown: ShownCard, addresses: Addresses
) -> None:
    await open_code(phone, shown.code())

    await expect_verdict(phone, "WAŻNA")
    await expect(phone.get_by_text("Otwarte aparatem telefonu")).to_be_visible()
    await expect(phone.locator("[data-field=address]")).to_have_text(addresses.verifier)


async def test_a_second_code_opened_in_the_same_tab_takes_the_place_of_the_first(
    phone: Page, shown: ShownCard, addresses: Addresses
) -> None:
    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    await open_code(phone, f"{addresses.verifier}/#not-a-code")

    await expect_verdict(phone, "NIEZNANA")
    await expect_nobody(phone, shown.names)


async def test_only_the_last_of_two_codes_is_told(
    phone: Page, shown: ShownCard, liar: ShownCard, addresses: Addresses
) -> None:
    """However slow the answer about the first one is."""
    await phone.goto(addresses.verifier)
    await phone.route("**/api/v1/verifications", lambda _route: None, times=1)
    async with phone.expect_request("**/api/v1/verifications"):
        await open_code(phone, shown.code(at=time.time() - 60))
    await open_code(phone, shown.code())

    await expect_verdict(phone, "WAŻNA")


async def test_the_way_in_is_open_to_the_keyboard(
    open_device: OpenContext, shown: ShownCard, addresses: Addresses
) -> None:
    page = await (await open_device(PHONE)).new_page()
    await page.goto(addresses.verifier)

    for _ in range(4):  # skip link, home, language, and then the main button
        await page.keyboard.press("Tab")

    await expect(page.get_by_role("button", name="Skanuj kod")).to_be_focused()
