"""The QR code comes in by camera or photo, if a person wants that; no picture leaves the device."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from devstack.assets import VENDOR
from devstack.journey.http import Addresses
from tests.browser.conftest import CameraPhone
from tests.browser.verifier.cameras import film, picture_of, png
from tests.browser.wallet.steps import Ready, go_to_qr_step, words

SAY = words("pl")

pytestmark = pytest.mark.skipif(not VENDOR.is_dir(), reason="`make assets` brings the decoder")


async def test_the_camera_reads_the_qr_code(
    camera_phone: CameraPhone, addresses: Addresses, ready: Ready, tmp_path: Path
) -> None:
    page = await camera_phone(film(picture_of(ready.qr_payload), tmp_path / "qr.mjpeg"))
    await go_to_qr_step(page, addresses, ready, SAY)

    await page.get_by_role("button", name=SAY("Use the camera")).click()

    await expect(page.get_by_role("heading", name=SAY("You are adding"))).to_be_visible()
    assert await page.evaluate("document.querySelector('video').srcObject") is None


async def test_the_camera_can_be_stopped(
    camera_phone: CameraPhone, addresses: Addresses, ready: Ready, tmp_path: Path
) -> None:
    page = await camera_phone(film(picture_of("something else"), tmp_path / "other.mjpeg"))
    await go_to_qr_step(page, addresses, ready, SAY)
    await page.get_by_role("button", name=SAY("Use the camera")).click()
    await expect(page.get_by_label(SAY("Picture of the camera"))).to_be_visible()

    await page.get_by_role("button", name=SAY("Stop the camera")).click()

    await expect(page.get_by_label(SAY("Picture of the camera"))).to_be_hidden()
    await expect(page.get_by_role("alert")).to_have_count(0)


async def test_a_photo_of_the_qr_code_is_read_in_the_page(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_qr_step(phone, addresses, ready, SAY)
    sent: list[int] = []
    phone.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))

    picture = png(picture_of(ready.qr_payload))
    await phone.get_by_label(SAY("From a photo")).set_input_files(
        {"name": "qr.png", "mimeType": "image/png", "buffer": picture}
    )

    await expect(phone.get_by_role("heading", name=SAY("You are adding"))).to_be_visible()
    assert sum(sent) < len(picture)


async def test_a_photo_without_a_code_says_what_to_do(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_qr_step(phone, addresses, ready, SAY)

    await phone.get_by_label(SAY("From a photo")).set_input_files(
        {"name": "text.png", "mimeType": "image/png", "buffer": b"no picture"}
    )

    await expect(phone.get_by_role("alert")).to_contain_text("Na tym zdjęciu nie ma czytelnego kodu QR")


async def test_a_camera_that_is_not_allowed_leaves_the_text(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await phone.add_init_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError') }"
    )
    await go_to_qr_step(phone, addresses, ready, SAY)

    await phone.get_by_role("button", name=SAY("Use the camera")).click()

    await expect(phone.get_by_role("alert")).to_contain_text("Aparat nie ma zgody")
