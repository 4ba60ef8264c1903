"""What gets in the way of a renewal loses no card, and ends nothing that could go on."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Error, Page, Route, expect

from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from devstack.stack import Stack
from servicekit.institutions import WARSAW
from tests.browser.pages import axe, screenshot
from tests.browser.wallet.conftest import Holder
from tests.browser.wallet.office import extend, forget_refresh_tokens
from tests.browser.wallet.renewing import Asked, day, expect_end, in_storage
from tests.browser.wallet.steps import Ready, words
from tests.browser.wallet.test_card import open_card, shown_code, verdict_of_a_checker
from tests.waiting import eventually

SAY = words("pl")
ANYBODY = {"Access-Control-Allow-Origin": "*"}


@pytest.mark.parametrize("lost", ["token", "credential"])
async def test_an_answer_that_is_lost_and_a_page_that_is_closed_lose_nothing(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path, lost: str
) -> None:
    await extend(stack, holder.ready, tmp_path)

    async def lose(route: Route) -> None:
        if route.request.method != "OPTIONS":
            await route.fetch()
        await route.abort()

    await page.route(f"**/{lost}", lose)
    async with page.expect_event("requestfailed", lambda request: request.url.endswith(f"/{lost}")):
        await open_card(page, addresses)
    await page.unroute(f"**/{lost}")
    asked = Asked(page)
    first = await extend(stack, holder.ready, tmp_path)
    await open_card(page, addresses)
    await expect_end(page, first)
    second = await extend(stack, holder.ready, tmp_path)

    await open_card(page, addresses)

    await expect_end(page, second)
    former, newest = [answer.request.post_data for answer in asked.about_tokens if answer.ok]
    assert former != newest


async def test_two_tabs_ask_once(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    until = await extend(stack, holder.ready, tmp_path)
    asked, answer = Asked(page), asyncio.Event()

    async def hold_up(route: Route) -> None:
        await answer.wait()
        await route.continue_()

    await page.context.route("**/token", hold_up)
    async with page.expect_request("**/token"):
        await open_card(page, addresses)
    async with await page.context.new_page() as other:
        async with other.expect_request("**/status-lists/*"):
            await open_card(other, addresses)
        await expect(other.get_by_text(SAY("Checked"))).to_be_visible()
        answer.set()
        await expect_end(page, until)
        await open_card(other, addresses)
        await expect_end(other, until)
    await page.context.unroute("**/token")

    assert asked.tokens == 1


async def test_a_code_that_is_shown_while_another_tab_renews_the_card_stays_good(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    await open_card(page, addresses)
    await expect(page.get_by_text(SAY("Checked"))).to_be_visible()
    until = await extend(stack, holder.ready, tmp_path)
    await page.clock.install()
    await page.goto(f"{addresses.wallet}/show")
    await shown_code(page)
    async with await page.context.new_page() as other:
        async with other.expect_request(lambda request: request.method == "PUT"):
            await open_card(other, addresses)
        await expect_end(other, until)

    await page.clock.run_for(10_500)

    verdict = await verdict_of_a_checker(page, addresses)
    assert verdict.person["expiry_date"] == until.astimezone(WARSAW).date().isoformat()


async def test_without_a_network_the_card_stays_and_is_renewed_afterwards(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    await open_card(page, addresses)
    await expect(page.get_by_text(SAY("Checked"))).to_be_visible()
    await page.context.set_offline(True)
    until = await extend(stack, holder.ready, tmp_path)
    await open_card(page, addresses)
    await expect(page.get_by_text("Offline – status z")).to_be_visible()

    await page.context.set_offline(False)

    await expect_end(page, until)


async def test_a_card_that_is_not_signed_by_its_issuer_takes_no_cards_place(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    await extend(stack, holder.ready, tmp_path)
    await open_card(page, addresses)
    until = await extend(stack, holder.ready, tmp_path)

    async def forge(route: Route) -> None:
        answer = await route.fetch()
        told = await answer.json()
        token, _, disclosures = told["credentials"][0]["credential"].partition("~")
        header, payload, signature = token.split(".")
        told["credentials"][0]["credential"] = f"{header}.{payload}.{signature[::-1]}~{disclosures}"
        await route.fulfill(response=answer, json=told)

    await page.route("**/credential", forge)
    async with page.expect_response("**/notification"):
        await open_card(page, addresses)
    await expect(page.locator("[data-card] [data-slot=expiry_date]")).not_to_have_text(await day(page, until))
    await page.unroute("**/credential")

    await open_card(page, addresses)

    await expect_end(page, until)


async def test_an_older_card_takes_no_cards_place(
    page: Page, holder: Holder, addresses: Addresses, stack: Stack, tmp_path: Path
) -> None:
    await extend(stack, holder.ready, tmp_path)
    async with page.expect_response("**/credential") as answering:
        await open_card(page, addresses)
    older = await (await answering.value).json()
    former = await extend(stack, holder.ready, tmp_path)
    await open_card(page, addresses)
    await expect_end(page, former)
    until = await extend(stack, holder.ready, tmp_path)

    await page.route("**/credential", lambda route: route.fulfill(json=older, headers=ANYBODY))
    async with page.expect_response("**/notification"):
        await open_card(page, addresses)
    await expect_end(page, former)
    await page.unroute("**/credential")

    await open_card(page, addresses)

    await expect_end(page, until)


async def test_the_key_of_its_tokens_can_be_used_and_never_read(page: Page, addresses: Addresses) -> None:
    await open_card(page, addresses)

    with pytest.raises(Error, match="InvalidAccessError"):
        await in_storage(page, 'await crypto.subtle.exportKey("pkcs8", card.renewal.clientKey.privateKey)')


async def test_a_suspended_card_is_renewed_once_it_is_reinstated(
    own_phone: Page, addresses: Addresses, ready: Ready, stack: Stack, tmp_path: Path
) -> None:
    [card] = await ready.student.cards()
    await ready.student.change_card(card["credential_id"], "suspension")
    until = await extend(stack, ready, tmp_path)
    asked = Asked(own_phone)
    await open_card(own_phone, addresses)

    async def is_refused() -> bool:
        return "suspended" in await asked.refusals()

    await eventually(is_refused, timeout=40, every=0.1)
    async with await StudentClient.sign_in_as_browser(addresses, ready.account.subject) as student:
        await student.change_card(card["credential_id"], "reinstatement")

    async def is_renewed() -> bool:
        await open_card(own_phone, addresses)
        await expect_end(own_phone, until)
        return True

    await eventually(is_renewed, timeout=40)


async def test_a_device_whose_tokens_have_ended_keeps_its_card_and_says_the_cure(
    own_phone: Page, addresses: Addresses, ready: Ready, stack: Stack, tmp_path: Path
) -> None:
    await forget_refresh_tokens(stack, ready)
    await extend(stack, ready, tmp_path)

    await open_card(own_phone, addresses)

    await expect(own_phone.get_by_text(SAY("This device cannot renew the card any more"))).to_be_visible()
    await expect(own_phone.locator("[data-unrenewable]")).to_contain_text("wybierz „Mam nowy telefon”")
    await expect(own_phone.get_by_role("link", name=SAY("Show code"))).to_be_visible()
    await expect(own_phone.locator("[data-slot=age]")).not_to_be_empty()
    await axe(own_phone)
    await screenshot(own_phone, "wallet-unrenewable-pl", whole=True)
    asked = Asked(own_phone)
    async with own_phone.expect_request("**/status-lists/*"):
        await open_card(own_phone, addresses)
    await expect(own_phone.get_by_text(SAY("Checked"))).to_be_visible()
    assert asked.tokens == 0


async def test_a_revoked_card_is_shown_as_such_and_asked_for_no_more(
    own_phone: Page, addresses: Addresses, ready: Ready, stack: Stack, tmp_path: Path
) -> None:
    await extend(stack, ready, tmp_path)
    [card] = await ready.student.cards()
    await ready.student.change_card(card["credential_id"], "revocation")
    asked = Asked(own_phone)

    async def is_revoked() -> bool:
        async with own_phone.expect_request("**/status-lists/*"):
            await open_card(own_phone, addresses)
        await expect(own_phone.get_by_text(SAY("Checked"))).to_be_visible()
        return await own_phone.get_by_text(SAY("Your card is not valid any more")).is_visible()

    await eventually(is_revoked, timeout=20)
    before = asked.tokens
    await open_card(own_phone, addresses)
    await expect(own_phone.get_by_text(SAY("This device cannot renew the card any more"))).to_be_hidden()
    assert asked.tokens == before
