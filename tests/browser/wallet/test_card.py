"""A card on the screen: what it shows, what it hides, and how it follows its state."""

import io
import re
from datetime import UTC, datetime, timedelta

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Page, Route, expect

from devstack.journey.checker import Checker, Verdict
from devstack.journey.http import Addresses
from devstack.journey.story import decode_qr
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.wallet.conftest import Holder
from tests.browser.wallet.steps import Ready, add_card, words
from tests.waiting import eventually

SAY = words("pl")


async def open_card(page: Page, addresses: Addresses) -> None:
    await page.goto(f"{addresses.wallet}/card")
    await expect(page.locator("[data-card]")).to_be_visible()


async def shown_code(page: Page) -> str:
    code = page.locator("[data-qr]")
    await expect(code.locator("path")).to_be_attached()
    return decode_qr(await code.screenshot())


async def verdict_of_a_checker(page: Page, addresses: Addresses) -> Verdict:
    """Of a valid card, once the phone knows the time of the service."""
    async with Checker(addresses) as checker:

        async def valid() -> Verdict:
            verdict = await checker.check(await shown_code(page))
            assert verdict.outcome == "valid"
            return verdict

        return await eventually(valid, timeout=20, every=0.2)


async def test_the_pesel_number_is_hidden_until_it_is_asked_for(page: Page, addresses: Addresses) -> None:
    await open_card(page, addresses)
    pesel = page.locator("[data-slot=pesel]")
    await expect(pesel).to_have_text("•" * 11)

    await page.get_by_role("button", name=SAY("Show the PESEL number")).click()

    await expect(pesel).to_have_text(re.compile(r"^\d{11}$"))
    await page.get_by_role("button", name=SAY("Show the PESEL number")).click()
    await expect(pesel).to_have_text("•" * 11)


async def test_the_time_of_presentation_runs(page: Page, addresses: Addresses) -> None:
    await open_card(page, addresses)
    time = page.locator("[data-slot=now]")
    before = await time.inner_text()

    await expect(time).not_to_have_text(before)


async def test_libraries_can_read_the_student_number(page: Page, addresses: Addresses) -> None:
    await open_card(page, addresses)

    picture = Image.open(io.BytesIO(await page.locator(".card-bars").screenshot()))

    [bars] = zxingcpp.read_barcodes(picture)
    number = await page.locator("dd[data-slot=student_number]").inner_text()
    assert (bars.text, str(bars.format)) == (number, "Code 128")


async def test_a_checker_finds_the_shown_code_valid_and_never_sees_the_pesel_number(
    page: Page, addresses: Addresses
) -> None:
    await page.goto(f"{addresses.wallet}/show")

    verdict = await verdict_of_a_checker(page, addresses)

    assert {"given_name", "family_name", "portrait"} <= verdict.person.keys()
    assert "pesel" not in verdict.person


async def test_the_shown_code_changes_every_ten_seconds(page: Page, addresses: Addresses) -> None:
    await page.clock.install()
    await page.goto(f"{addresses.wallet}/show")
    first = await shown_code(page)

    await page.clock.run_for(10_500)

    await expect(page.locator("[data-qr]")).not_to_have_attribute("data-drawn", "")
    assert await shown_code(page) != first


@pytest.mark.parametrize("minutes", [7, -7], ids=["fast", "slow"])
async def test_a_phone_whose_clock_is_wrong_shows_codes_of_the_right_time(
    page: Page, addresses: Addresses, minutes: int
) -> None:
    """Also where nothing but the code is opened, and what it leads to was stored before."""
    await page.clock.install(time=datetime.now(UTC) + timedelta(minutes=minutes))
    await page.goto(f"{addresses.wallet}/show")

    verdict = await verdict_of_a_checker(page, addresses)

    assert "portrait" in verdict.person


async def make_the_pack_old(page: Page) -> None:
    await page.evaluate(
        """async () => {
          const { loadCards, changeCard } = await import(document.querySelector('script[src*="show.js"]').src
            .replace("show.js", "storage.js"));
          const [card] = await loadCards();
          await changeCard(card.id, { pack: { ...card.pack, storedAt: card.pack.storedAt - 86_401 } });
        }"""
    )


async def test_every_day_the_pack_gets_a_new_handle(page: Page, addresses: Addresses) -> None:
    await page.goto(f"{addresses.wallet}/show")
    first = await shown_code(page)
    await make_the_pack_old(page)

    await page.reload()

    handle_and_key = 64  # characters after the address
    start = len(addresses.verifier) + 2
    assert (await shown_code(page))[start : start + handle_and_key] != first[start : start + handle_and_key]


async def test_a_wrong_clock_is_no_reason_why_a_pack_cannot_be_stored(
    page: Page, addresses: Addresses
) -> None:
    await page.goto(f"{addresses.wallet}/show")
    await shown_code(page)
    await make_the_pack_old(page)
    await page.clock.install(time=datetime.now(UTC) + timedelta(hours=1))

    await page.reload()

    verdict = await verdict_of_a_checker(page, addresses)
    assert "portrait" in verdict.person


async def test_a_pack_of_the_same_second_as_the_former_one_is_stored_a_moment_later(
    page: Page, addresses: Addresses
) -> None:
    refused = 0

    async def refuse_once(route: Route) -> None:
        nonlocal refused
        refused += 1
        if refused > 1:
            return await route.continue_()
        return await route.fulfill(status=409, json={"code": "PRESENTATION_OUTDATED"})

    await page.goto(f"{addresses.wallet}/show")
    await shown_code(page)
    await make_the_pack_old(page)
    await page.route("**/api/v1/presentations/*", refuse_once)

    await page.reload()

    assert (await verdict_of_a_checker(page, addresses)).outcome == "valid"
    assert refused >= 2


async def test_an_answer_without_a_time_leaves_the_clock_as_it_is(page: Page, addresses: Addresses) -> None:
    await open_card(page, addresses)

    changed = await page.evaluate(
        """async () => {
          const { learnTime, now } = await import(document.querySelector('script[src*="card.js"]').src
            .replace("card.js", "clock.js"));
          const ahead = () => now() - Date.now() / 1000;
          const before = ahead();
          const roughly = { exact: false };
          for (const told of [null, "", "soon"]) await learnTime(told, Date.now(), Date.now(), roughly);
          return Math.abs(ahead() - before);
        }"""
    )

    assert changed < 1


async def test_a_showing_is_written_down_on_the_device_and_can_be_deleted(
    page: Page, addresses: Addresses
) -> None:
    await page.goto(f"{addresses.wallet}/show")
    await shown_code(page)

    await page.goto(f"{addresses.wallet}/showings")
    await expect(page.get_by_role("listitem").filter(has_text=SAY("code shown")).first).to_be_visible()
    await page.get_by_role("button", name=SAY("Delete the list")).click()

    await expect(page.get_by_text(SAY("You have not shown a code yet."))).to_be_visible()


async def test_the_key_can_be_used_and_never_read(page: Page, addresses: Addresses) -> None:
    await open_card(page, addresses)

    refusal = await page.evaluate(
        """async () => {
          const { loadCards } = await import(document.querySelector('script[src*="card.js"]').src
            .replace("card.js", "storage.js"));
          const [{ key }] = await loadCards();
          return crypto.subtle.exportKey("pkcs8", key.privateKey).then(() => "read", (error) => error.name);
        }"""
    )

    assert refusal == "InvalidAccessError"


async def test_a_card_that_is_frozen_says_so_by_itself_and_shows_no_code(
    open_device: OpenContext, addresses: Addresses, ready: Ready
) -> None:
    phone = await (await open_device(PHONE)).new_page()
    await add_card(phone, addresses, ready, SAY)
    [card] = await ready.student.cards()
    await phone.clock.install()
    await phone.reload()
    await expect(phone.get_by_role("link", name=SAY("Show code"))).to_be_visible()

    await ready.student.change_card(card["credential_id"], "suspension")

    async def a_minute_later() -> bool:
        await phone.clock.run_for(61_000)
        return await phone.get_by_text("ZAWIESZONA", exact=True).is_visible()

    await eventually(a_minute_later, timeout=20, every=1)
    await expect(phone.get_by_role("link", name=SAY("Show code"))).to_be_hidden()
    await phone.goto(f"{addresses.wallet}/show")
    await expect(phone.get_by_role("alert")).to_contain_text("Tej legitymacji nie można okazać")
    await expect(phone.locator("[data-skeleton]")).to_be_hidden()


async def test_a_card_that_is_frozen_while_its_code_is_shown_shows_it_no_longer(
    open_device: OpenContext, addresses: Addresses, ready: Ready
) -> None:
    phone = await (await open_device(PHONE)).new_page()
    await add_card(phone, addresses, ready, SAY)
    [card] = await ready.student.cards()
    await phone.clock.install()
    await phone.goto(f"{addresses.wallet}/show")
    await shown_code(phone)

    await ready.student.change_card(card["credential_id"], "suspension")

    async def a_minute_later() -> bool:
        await phone.clock.run_for(61_000)
        return await phone.get_by_role("alert").is_visible()

    await eventually(a_minute_later, timeout=20, every=1)
    await expect(phone.locator("[data-qr]")).to_be_hidden()


async def test_a_card_that_is_removed_leaves_nothing_behind(
    open_device: OpenContext, addresses: Addresses, ready: Ready
) -> None:
    phone = await (await open_device(PHONE)).new_page()
    await add_card(phone, addresses, ready, SAY)

    await phone.get_by_role("button", name=SAY("Remove from this device")).click()
    await phone.get_by_role("button", name=SAY("Remove the card")).click()

    await expect(phone.get_by_text(SAY("No document here yet."))).to_be_visible()
    await expect(phone.get_by_text(SAY("The card is gone from this device"))).to_be_hidden()


async def test_nothing_private_is_asked_for_by_name(holder: Holder, page: Page, addresses: Addresses) -> None:
    """What a person is called is in the page, and in no address that is asked for."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await open_card(page, addresses)
    names = holder.ready.account.name.split()

    assert not [url for url in asked if any(name in url for name in names)]
