"""The browsers that tests look through: a phone and a desktop, a language, light or dark, a camera."""

import shutil
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Playwright

CHROMIUM = shutil.which("chromium")  # else what Playwright itself has installed

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
DEVICES = {"phone": PHONE, "desktop": DESKTOP}
LOCALES = {"pl": "pl-PL", "en": "en-GB"}

ARGUMENTS = (
    "--no-sandbox",  # which wants a user that is not root
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)


async def launch(playwright: Playwright, *arguments: str) -> Browser:
    return await playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments])


async def open_context(
    browser: Browser, device: dict[str, Any], *, language: str = "pl", scheme: str = "light"
) -> BrowserContext:
    return await browser.new_context(
        **device,
        locale=LOCALES[language],
        timezone_id="Europe/Warsaw",
        color_scheme=scheme,  # type: ignore[arg-type]  # `light` or `dark`
        reduced_motion="reduce",
    )


def camera_that_shows(film: Path) -> list[str]:
    """Arguments for `launch`: the camera shows this film (`.mjpeg`), and may be used without asking."""
    return [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]
