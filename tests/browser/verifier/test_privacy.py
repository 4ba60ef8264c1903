"""Nothing is stored, nothing private is sent, and nothing of a code stays in the address."""

import time

import pytest
from playwright.async_api import Error, Page, Request, expect

from devstack.journey.http import Addresses, to_base64url
from tests.browser.verifier.checking import expect_nobody, expect_verdict, open_code, verdict
from tests.browser.verifier.conftest import ShownCard
from tests.browser.watching import Watch


async def test_the_code_is_gone_from_address_and_history(
    phone: Page, shown: ShownCard, addresses: Addresses
) -> None:
    await phone.goto("about:blank")
    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    assert phone.url == f"{addresses.verifier}/"
    await phone.go_back()
    await phone.go_forward()
    assert phone.url == f"{addresses.verifier}/"
    await expect(verdict(phone)).to_have_count(0)


async def test_nothing_is_kept_on_the_checkers_device(phone: Page, shown: ShownCard) -> None:
    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    state = await phone.context.storage_state()
    assert state == {"cookies": [], "origins": []}
    assert await phone.evaluate("indexedDB.databases()") == []
    assert await phone.evaluate("caches.keys()") == []
    assert await phone.evaluate("navigator.serviceWorker.getRegistrations()") == []


async def test_handle_and_key_stand_in_no_address_and_the_key_is_told_to_nobody(
    phone: Page, shown: ShownCard
) -> None:
    asked = requests_of(phone)

    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    handle, key = to_base64url(shown.pack.handle), to_base64url(shown.pack.key)
    sent = [(each.url, each.post_data or "") for each in asked]
    assert [url for url, body in sent if handle in body] == [
        url for url, _ in sent if url.endswith("/api/v1/verifications")
    ]
    assert not [url for url, body in sent if key in body or handle in url.partition("#")[0]]


async def test_only_wallet_and_issuer_are_asked(phone: Page, shown: ShownCard, addresses: Addresses) -> None:
    asked = requests_of(phone)

    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    origins = {"/".join(each.url.split("/")[:3]) for each in asked}
    assert origins == {addresses.verifier, addresses.wallet, addresses.issuer}
    told = [await each.all_headers() for each in asked if not each.url.startswith(addresses.verifier)]
    assert not [headers for headers in told if {"cookie", "referer"} & headers.keys()]


def requests_of(page: Page) -> list[Request]:
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    page.on("request", note)
    return asked


async def test_a_result_is_forgotten_by_itself(phone: Page, shown: ShownCard) -> None:
    await phone.clock.install(time=time.time())
    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    await phone.clock.fast_forward("02:01")

    await expect(phone.get_by_role("heading", name="Sprawdź legitymację")).to_be_visible()
    await expect(phone.get_by_text("Wynik został usunięty")).to_be_visible()
    await expect_nobody(phone, shown.names)


async def test_clearing_forgets_at_once(phone: Page, shown: ShownCard) -> None:
    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    await phone.get_by_role("button", name="Wyczyść").click()

    await expect_nobody(phone, shown.names)
    await expect(phone).to_have_title("Sprawdź legitymację")


@pytest.mark.parametrize(
    "script",
    [
        "document.body.innerHTML = '<p>'",
        "document.createElement('script').src = '/x.js'",
        "trustedTypes.createPolicy('mine', {})",
    ],
)
async def test_no_script_can_make_markup_of_text(
    phone: Page, addresses: Addresses, watch: Watch, script: str
) -> None:
    await phone.goto(addresses.verifier)

    with pytest.raises(Error, match=r"Trusted|Policy"):
        await phone.evaluate(script)
    watch.forgive("policy")
