"""What a device cannot keep is said before a code is spent; what it has lost leads to the swap."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import BrowserContext, Page, Request, Route, expect

from devstack.journey.http import Addresses
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.pages import sign_in
from tests.browser.wallet.steps import (
    Ready,
    add_card,
    enter_code,
    expect_card,
    go_to_code_step,
    words,
)
from tests.waiting import eventually

SAY = words("pl")
IPHONE = (
    "Object.defineProperty(navigator, 'userAgent', {get: () => 'Mozilla/5.0 (iPhone; CPU iPhone OS 19_0)'});"
)
INSTALLED = IPHONE + "Object.defineProperty(navigator, 'standalone', {get: () => true});"
NO_STORAGE = "IDBFactory.prototype.open = () => { throw new DOMException('no', 'InvalidStateError') };"
OLD = "delete globalThis.DecompressionStream;"

ONLY_UNREADABLE_KEYS = """
    const generateKey = globalThis.SubtleCrypto?.prototype.generateKey;
    if (generateKey) SubtleCrypto.prototype.generateKey = function (algorithm, extractable, usages) {
      if (extractable && usages.includes("sign")) throw new DOMException("a key that could be read");
      return generateKey.call(this, algorithm, extractable, usages);
    };
"""


@pytest.fixture
async def context(open_device: OpenContext) -> BrowserContext:
    return await open_device(PHONE)


@pytest.mark.parametrize(
    ("what", "title"),
    [
        (IPHONE, "Najpierw dodaj portfel do ekranu głównego"),
        (NO_STORAGE, "Ta przeglądarka niczego nie zapamiętuje"),
        (OLD, "Ta przeglądarka jest za stara"),
    ],
    ids=["a tab on iOS", "no storage", "an old browser"],
)
async def test_a_browser_that_cannot_keep_a_card_says_so_instead_of_the_steps(
    context: BrowserContext, addresses: Addresses, what: str, title: str
) -> None:
    await context.add_init_script(what)
    page = await context.new_page()

    await page.goto(f"{addresses.wallet}/add")

    await expect(page.get_by_role("alert")).to_contain_text(title)
    await expect(page.get_by_role("alert")).to_contain_text("Żaden kod nie został użyty.")
    await expect(page.get_by_role("link", name=SAY("Sign in"))).to_be_hidden()


async def test_on_the_home_screen_of_an_iphone_a_document_can_be_added(
    context: BrowserContext, addresses: Addresses
) -> None:
    await context.add_init_script(INSTALLED)
    page = await context.new_page()

    await page.goto(f"{addresses.wallet}/add")

    await expect(page.get_by_role("link", name=SAY("Sign in"))).to_be_visible()


async def test_what_looks_like_a_private_window_is_told_before_the_code(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    await context.add_init_script(
        "navigator.webkitTemporaryStorage.queryUsageAndQuota = (told) => told(0, 100_000_000)"
    )
    page = await context.new_page()

    await go_to_code_step(page, addresses, ready, SAY)

    await expect(page.get_by_text(SAY("This looks like a private window"))).to_be_visible()


async def test_a_card_whose_storage_was_cleared_leads_to_the_swap(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    page = await context.new_page()
    await add_card(page, addresses, ready, SAY)
    await page.goto("about:blank")
    session = await context.new_cdp_session(page)
    await session.send(
        "Storage.clearDataForOrigin",
        {"origin": addresses.wallet, "storageTypes": "indexeddb,service_workers,cache_storage"},
    )

    await page.goto(f"{addresses.wallet}/card")

    await expect(page.get_by_text(SAY("The card is gone from this device"))).to_be_visible()
    await expect(page.get_by_role("link", name=SAY("Open the mLegitymacja tab"))).to_have_attribute(
        "href", f"{addresses.ordering}/"
    )


async def test_a_lost_answer_of_the_issuer_is_asked_for_again_with_the_same_key(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    page = await context.new_page()
    lost: list[str] = []

    async def lose_once(route: Route) -> None:
        if lost or route.request.method == "OPTIONS":
            await route.continue_()
            return
        lost.append((await route.fetch()).status_text)
        await route.abort()

    await page.route("**/credential", lose_once)
    await go_to_code_step(page, addresses, ready, SAY)

    await enter_code(page, ready.code, SAY)

    await expect_card(page, SAY)
    assert lost == ["OK"]
    assert len(await ready.student.cards()) == 1


async def test_an_activation_that_was_closed_in_the_middle_goes_on_at_the_start(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    page = await context.new_page()
    await page.route("**/t/*/nonce", lambda route: route.abort())
    await go_to_code_step(page, addresses, ready, SAY)
    async with page.expect_request("**/t/*/nonce"):  # which comes when the token has been stored
        await enter_code(page, ready.code, SAY)
    await page.close()
    again = await context.new_page()

    await again.goto(f"{addresses.wallet}/")
    await again.get_by_role("button", name=SAY("Fetch the card")).click()

    await expect(again.locator("[data-card]")).to_be_visible()


async def test_an_activation_that_was_closed_before_its_answer_was_kept_goes_on_with_the_same_code(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    page = await context.new_page()
    await go_to_code_step(page, addresses, ready, SAY)
    await lose_the_answer(page, ready)
    await page.close()
    again = await context.new_page()
    await again.goto(f"{addresses.wallet}/")
    await expect(again.get_by_text(SAY("Adding a card was interrupted"))).to_be_visible()

    await go_to_code_step(again, addresses, ready, SAY)
    await enter_code(again, ready.code, SAY)

    await expect_card(again, SAY)


async def lose_the_answer(page: Page, ready: Ready) -> None:
    """The service takes the code, and what it answers never arrives."""

    async def lose(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/token", lose)
    await enter_code(page, ready.code, SAY)
    await expect(page.get_by_role("alert")).to_contain_text("Brak połączenia")
    await page.unroute("**/token")


async def test_an_answer_of_the_service_that_is_lost_costs_nothing(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    """The claim that it took is bound to a key of this phone, which gets a token again."""
    page = await context.new_page()
    await go_to_code_step(page, addresses, ready, SAY)
    await lose_the_answer(page, ready)

    await enter_code(page, ready.code, SAY)

    await expect_card(page, SAY)


async def test_a_typo_after_a_lost_answer_does_not_lose_the_claim(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    page = await context.new_page()
    await go_to_code_step(page, addresses, ready, SAY)
    await lose_the_answer(page, ready)
    await enter_code(page, ready.wrong_code, SAY)
    await expect(page.get_by_role("alert")).to_contain_text("Kod aktywacyjny jest błędny")

    await enter_code(page, ready.code, SAY)

    await expect_card(page, SAY)


async def test_every_token_is_bound_to_a_key_that_cannot_be_read(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    await context.add_init_script(ONLY_UNREADABLE_KEYS)
    page = await context.new_page()
    sent: dict[str, tuple[str, bool]] = {}

    def note(request: Request) -> None:
        name = urlsplit(request.url).path.rpartition("/")[2]
        if request.method == "POST" and name in ("token", "credential", "notification"):
            scheme = request.headers.get("authorization", "").partition(" ")[0]
            sent[name] = scheme, "dpop" in request.headers

    page.on("request", note)

    await add_card(page, addresses, ready, SAY)
    await eventually(lambda: "notification" in sent)

    assert sent == {"token": ("", True), "credential": ("DPoP", True), "notification": ("DPoP", True)}


async def test_a_card_of_another_key_is_not_added(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    """An issuer's answer that is not signed for this key, or not by this issuer, is refused."""
    page = await context.new_page()

    async def swap_card(route: Route) -> None:
        if route.request.method == "OPTIONS":
            await route.continue_()
            return
        answer = await route.fetch()
        told = await answer.json()
        token, _, disclosures = told["credentials"][0]["credential"].partition("~")
        header, payload, signature = token.split(".")
        forged = f"{header}.{payload}.{signature[::-1]}~{disclosures}"
        await route.fulfill(response=answer, json={**told, "credentials": [{"credential": forged}]})

    await page.route("**/credential", swap_card)
    await go_to_code_step(page, addresses, ready, SAY)

    await enter_code(page, ready.code, SAY)

    await expect(page.get_by_role("alert")).to_contain_text("nie jest autentyczna")
    await page.goto(f"{addresses.wallet}/")
    await expect(page.get_by_text(SAY("No document here yet."))).to_be_visible()


async def test_what_was_installed_needs_no_sign_in_to_show_a_card(
    context: BrowserContext, addresses: Addresses, ready: Ready
) -> None:
    page = await context.new_page()
    await add_card(page, addresses, ready, SAY)
    await page.get_by_role("button", name=SAY("Sign out")).click()
    await page.goto(f"{addresses.wallet}/card")

    await expect(page.get_by_role("link", name=SAY("Show code"))).to_be_visible()
    await sign_in(page, addresses.wallet, ready.account.subject, then="/add")
