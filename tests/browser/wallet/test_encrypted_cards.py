"""Where an issuer takes requests for cards encrypted only, the app encrypts them, and reads the answer."""

from playwright.async_api import Page, Request, Route, expect

from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.wallet.steps import Ready, enter_code, expect_card, go_to_code_step, words

SAY = words("pl")
JWT = "application/jwt"


async def insist_on_encryption(page: Page) -> None:
    """As `ENCRYPTION_REQUIRED` does in the metadata; this issuer takes both."""

    async def insist(route: Route) -> None:
        answer = await route.fetch()
        metadata = await answer.json()
        for direction in ("credential_request_encryption", "credential_response_encryption"):
            metadata[direction]["encryption_required"] = True
        await route.fulfill(response=answer, json=metadata)

    await page.route("**/.well-known/openid-credential-issuer/**", insist)


async def test_the_app_asks_for_its_card_and_reads_it_encrypted(
    open_device: OpenContext, addresses: Addresses, ready: Ready
) -> None:
    page = await (await open_device(PHONE)).new_page()
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    page.on("request", note)
    await insist_on_encryption(page)

    await go_to_code_step(page, addresses, ready, SAY)
    await enter_code(page, ready.code, SAY)

    await expect(page.locator("[data-card]")).to_be_visible()
    await expect_card(page, SAY)
    [request] = [each for each in asked if each.url.endswith("/credential") and each.method == "POST"]
    response = await request.response()
    assert response is not None
    assert (request.headers["content-type"], response.headers["content-type"]) == (JWT, JWT)
    assert (request.post_data or "").count(".") == 4
