"""What is wrong is said with its cure, and nothing is lost by it."""

from functools import partial

from playwright.async_api import Page, Route, expect

from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from tests.browser.conftest import OpenContext
from tests.browser.devices import PHONE
from tests.browser.wallet.steps import (
    Ready,
    add_card,
    enter_code,
    expect_card,
    go_to_code_step,
    go_to_qr_step,
    order_of,
    words,
)
from tests.journeys.conftest import People
from tests.waiting import eventually

SAY = words("pl")


async def expect_refusal(page: Page, title: str) -> None:
    await expect(page.get_by_role("alert").get_by_role("heading")).to_have_text(title)


async def test_wrong_codes_tell_the_attempts_left_until_the_code_is_locked(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_code_step(phone, addresses, ready, SAY)
    for left in ("Zostały 4 próby.", "Zostały 3 próby.", "Zostały 2 próby.", "Została 1 próba."):
        await enter_code(phone, ready.wrong_code, SAY)
        await expect(phone.get_by_role("alert")).to_contain_text(left)

    await enter_code(phone, ready.wrong_code, SAY)

    await expect_refusal(phone, "Za dużo błędnych prób. Kod został zablokowany.")
    await expect(phone.get_by_role("alert").get_by_role("link")).to_have_attribute(
        "href", f"{addresses.ordering}/"
    )


async def test_a_wrong_code_is_no_hindrance_to_the_right_one(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_code_step(phone, addresses, ready, SAY)
    await enter_code(phone, ready.wrong_code, SAY)
    await expect_refusal(phone, "Kod aktywacyjny jest błędny")

    await enter_code(phone, f"{ready.code[:4]} {ready.code[4:]}", SAY)

    await expect_card(phone, SAY)


async def test_a_code_that_has_too_few_digits_costs_no_attempt(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_code_step(phone, addresses, ready, SAY)

    await enter_code(phone, "1234", SAY)

    await expect_refusal(phone, "Kod aktywacyjny ma osiem cyfr")
    activation = (await ready.student.order(ready.order_id))["activation"]
    assert activation["attempts_left"] == 5


async def test_an_unknown_offer_and_something_else_are_told_apart(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_qr_step(phone, addresses, ready, SAY)
    field, confirm = (
        phone.get_by_label(SAY("QR code as text")),
        phone.get_by_role("button", name=SAY("Confirm")),
    )

    await field.fill("https://elsewhere.example/offers/abc")
    await confirm.click()
    await expect_refusal(phone, "To nie jest kod QR mLegitymacji")
    await field.fill(f"{addresses.wallet}/offers/{'A' * 32}")
    await confirm.click()
    await expect_refusal(phone, "Ten kod nie istnieje albo już się skończył")


async def test_an_offer_of_a_foreign_issuer_is_refused_before_the_code_is_asked_for(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    """Also where the address is ours: a code that is typed for a stranger is a code that is lost."""

    async def name_another(route: Route) -> None:
        answer = await route.fetch()
        foreign = {"credential_issuer": "https://umcs.example/t/umcs"}
        await route.fulfill(response=answer, json=await answer.json() | foreign)

    await phone.route("**/offers/*", name_another)
    await go_to_qr_step(phone, addresses, ready, SAY)
    await phone.get_by_label(SAY("QR code as text")).fill(ready.qr_payload)

    await phone.get_by_role("button", name=SAY("Confirm")).click()

    await expect_refusal(phone, "Tego wystawcy nie ma na liście tego portfela")
    await expect(phone.get_by_label(SAY("Eight digits from the mLegitymacja tab"))).to_be_hidden()


async def test_a_card_that_another_phone_was_quicker_to_take_is_told(
    phone: Page, addresses: Addresses, ready: Ready, people: People
) -> None:
    await go_to_code_step(phone, addresses, ready, SAY)
    other = await people.phone()
    await other.activate(ready.qr_payload, ready.code)
    await ready.student.wait_for(ready.order_id, "ACTIVATED")

    await enter_code(phone, ready.code, SAY)

    await expect_refusal(phone, "Ten kod nie istnieje albo już się skończył")


async def test_each_refusal_of_the_service_has_its_words(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_code_step(phone, addresses, ready, SAY)

    for reason, title in {
        "expired": "Ten kod QR wygasł",
        "issued": "Ta legitymacja jest już aktywowana",
        "ended": "Ten kod QR został zastąpiony nowszym",
        "claimed": "Ten kod jest właśnie używany",
    }.items():
        answer = {"error": "invalid_grant", "reason": reason}
        await phone.route("**/token", partial(refuse, answer=answer))
        await enter_code(phone, ready.code, SAY)
        await expect_refusal(phone, title)


async def refuse(route: Route, answer: dict[str, str]) -> None:
    await route.fulfill(status=400, json=answer)


async def test_a_new_code_makes_the_old_one_useless_and_works_itself(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_code_step(phone, addresses, ready, SAY)
    await ready.student.request_new_code(ready.order_id)
    await eventually(lambda: shows_another_code(ready), every=0.2)

    await enter_code(phone, ready.code, SAY)

    await expect_refusal(phone, "Ten kod nie istnieje albo już się skończył")


async def shows_another_code(ready: Ready) -> bool:
    activation = (await ready.student.order(ready.order_id))["activation"] or {}
    return bool(activation.get("qr_payload", ready.qr_payload) != ready.qr_payload)


async def test_a_session_that_ends_in_the_middle_loses_nothing(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await phone.goto(f"{addresses.wallet}/add#{ready.qr_payload.partition('=')[2]}")
    await phone.get_by_role("link", name=SAY("Sign in")).click()
    await phone.locator("input[name=sub]").fill(ready.account.subject)
    await phone.get_by_role("button", name="Authorize").click()
    await phone.get_by_label(SAY("I accept the terms")).check()
    await phone.context.clear_cookies()

    await phone.get_by_role("button", name=SAY("Go on")).click()

    await expect_refusal(phone, "Sesja wygasła")
    await phone.get_by_role("alert").get_by_role("link").click()
    await phone.locator("input[name=sub]").fill(ready.account.subject)
    await phone.get_by_role("button", name="Authorize").click()
    await phone.get_by_label(SAY("I accept the terms")).check()
    await phone.get_by_role("button", name=SAY("Go on")).click()
    await expect(phone.get_by_label(SAY("QR code as text"))).not_to_have_value("")


async def test_two_tabs_at_once_make_one_card(
    open_device: OpenContext, addresses: Addresses, ready: Ready
) -> None:
    context = await open_device(PHONE)
    one, other = await context.new_page(), await context.new_page()
    for tab in (one, other):
        await go_to_code_step(tab, addresses, ready, SAY)

    for tab in (one, other):
        await tab.get_by_label(SAY("Eight digits from the mLegitymacja tab")).fill(ready.code)
    await one.get_by_role("button", name=SAY("Activate")).click(no_wait_after=True)
    await other.get_by_role("button", name=SAY("Activate")).click(no_wait_after=True)

    for tab in (one, other):
        await expect(tab.locator("[data-card] [data-slot=now]")).not_to_be_empty()
    assert len(await ready.student.cards()) == 1


async def test_the_back_button_leads_a_step_back_and_never_out_of_the_steps(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await go_to_code_step(phone, addresses, ready, SAY)

    await phone.go_back()
    await expect(phone.get_by_role("heading", name=SAY("You are adding"))).to_be_visible()
    await phone.go_back()
    await expect(phone.get_by_role("heading", name=SAY("Enter the QR code"))).to_be_visible()
    await phone.reload()

    await expect(phone.get_by_label(SAY("QR code as text"))).not_to_have_value("")


async def test_after_activation_back_does_not_lead_into_the_steps_again(
    phone: Page, addresses: Addresses, ready: Ready
) -> None:
    await add_card(phone, addresses, ready, SAY)

    await phone.go_back()

    await expect(phone.get_by_role("heading", name=SAY("Choose a document"))).to_be_visible()
    await expect(phone.get_by_label(SAY("Eight digits from the mLegitymacja tab"))).to_be_hidden()


async def signed_in_just_now(people: People, ready: Ready) -> StudentClient:
    browser = await StudentClient.sign_in_as_browser(people.addresses, ready.account.subject)
    return await people.clients.enter_async_context(browser)


async def test_the_former_card_is_told_to_be_replaced_after_a_swap(
    phone: Page, open_device: OpenContext, addresses: Addresses, ready: Ready, people: People
) -> None:
    await add_card(phone, addresses, ready, SAY)
    [card] = await ready.student.cards()
    just_signed_in = await signed_in_just_now(people, ready)
    swap = await order_of(just_signed_in, ready.account, card["credential_id"])
    new_phone = await (await open_device(PHONE)).new_page()

    await add_card(new_phone, addresses, swap, SAY)

    async def once_more() -> bool:
        await phone.evaluate("dispatchEvent(new Event('online'))")
        return await phone.get_by_text("UNIEWAŻNIONA", exact=True).is_visible()

    await eventually(once_more, timeout=20, every=1)
    await expect(phone.get_by_role("link", name=SAY("Show code"))).to_be_hidden()
