"""Notifications: turned on by a switch that tells the truth, shown by the browser, opened by a tap."""

import pytest
from playwright.async_api import Locator, Page, expect

from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from devstack.push_service import PushService
from tests.browser.pages import axe, screenshot
from tests.browser.push.conftest import NewPhone, PhoneWithPush
from tests.journeys.conftest import People
from tests.waiting import eventually

SHOWN = """async () => (await self.registration.getNotifications())
    .map(({title, body, tag, lang, data}) => ({title, body, tag, lang, link: data.link}))"""
RENEWED = """async (subscription) => {
    PushManager.prototype.subscribe = async () => ({ toJSON: () => subscription });
    const event = new ExtendableEvent("pushsubscriptionchange");
    const done = [];
    event.waitUntil = (promise) => done.push(promise);
    self.dispatchEvent(event);
    await Promise.all(done);
}"""
TAP = """async () => {
    const opened = [];
    self.clients.openWindow = async (url) => { opened.push(url); return null; };
    const [notification] = await self.registration.getNotifications();
    const event = new NotificationEvent("notificationclick", { notification });
    const done = [];
    event.waitUntil = (promise) => done.push(promise);
    self.dispatchEvent(event);
    await Promise.allSettled(done);
    return opened;
}"""


def switch_of(page: Page) -> Locator:
    return page.get_by_role("switch", name="Powiadomienia na tym urządzeniu")


async def phone_with_an_order(new_phone: NewPhone) -> tuple[PhoneWithPush, Page, str]:
    """Ordered before notifications are turned on: an alert of its own says so."""
    phone = await new_phone()
    page = phone.context.pages[0]
    placed = await phone.student.place_order()
    await phone.student.wait_for(placed["order_id"], "READY")
    await expect(page.locator("li.alert").nth(1)).to_be_visible()
    return phone, page, str(placed["order_id"])


async def test_a_card_that_is_ready_is_shown_by_the_browser_and_opens_the_order(
    new_phone: NewPhone, push_service: PushService
) -> None:
    phone, page, first = await phone_with_an_order(new_phone)
    await expect(switch_of(page)).not_to_be_checked()
    await switch_of(page).click()
    await expect(switch_of(page)).to_be_checked()
    await expect(page.get_by_text("Włączone. Powiemy Ci")).to_be_visible()
    await axe(page)
    await screenshot(page, "alerts-on-phone-pl-light")

    await phone.student.cancel(first)
    order_id = await ordered_again(phone.student, first)
    (pushed,) = await eventually(lambda: push_service.pushed, timeout=20)
    said = {"kind": "ready_to_activate", "link": f"/orders/{order_id}", "language": "pl"}
    assert (pushed.json(), push_service.refusals) == (said, [])

    await phone.deliver(page, pushed)
    worker = await phone.worker()
    (shown,) = await eventually(lambda: worker.evaluate(SHOWN))
    assert shown == {
        "title": "Twoja mLegitymacja jest gotowa do aktywacji",
        "body": "Dotknij, aby zobaczyć kod QR i kod aktywacyjny.",
        "lang": "pl",
        "tag": f"/orders/{order_id}",
        "link": f"/orders/{order_id}",
    }

    assert await worker.evaluate(TAP) == [f"/orders/{order_id}"]
    assert await worker.evaluate(SHOWN) == []


async def ordered_again(student: StudentClient, cancelled: str) -> str:
    await student.wait_for(cancelled, "CANCELLED")
    return str((await student.place_order())["order_id"])


async def test_the_switch_turns_off_what_it_turned_on(new_phone: NewPhone) -> None:
    phone, page, _ = await phone_with_an_order(new_phone)
    await switch_of(page).click()
    await expect(switch_of(page)).to_be_checked()
    await page.reload()
    await expect(switch_of(page)).to_be_checked()

    await page.get_by_label("Powiadomienia na moich urządzeniach").uncheck()
    await page.get_by_role("button", name="Zapisz").click()
    await expect(page.get_by_text("Na tym urządzeniu włączone, ale niżej wyłączone")).to_be_visible()

    await switch_of(page).click()
    await expect(switch_of(page)).not_to_be_checked()
    assert phone.held is None
    await page.reload()
    await expect(switch_of(page)).not_to_be_checked()


async def test_the_switch_is_off_once_the_push_service_has_ended_the_subscription(
    new_phone: NewPhone, push_service: PushService
) -> None:
    phone, page, first = await phone_with_an_order(new_phone)
    await switch_of(page).click()
    await expect(switch_of(page)).to_be_checked()
    assert phone.held is not None
    push_service.unsubscribe(phone.held["subscription"])

    await phone.student.cancel(first)
    await ordered_again(phone.student, first)
    await eventually(lambda: push_service.refusals, timeout=20)

    async def is_off() -> bool:
        await page.reload()
        await expect(page.locator("[data-push][data-state]")).to_be_visible()
        return await switch_of(page).get_attribute("aria-checked") == "false"

    await eventually(is_off, timeout=20)


async def test_a_phone_that_another_student_takes_over_is_not_theirs_until_they_turn_it_on(
    new_phone: NewPhone, people: People, addresses: Addresses
) -> None:
    phone, page, _ = await phone_with_an_order(new_phone)
    await switch_of(page).click()
    await expect(switch_of(page)).to_be_checked()

    await phone.context.clear_cookies()
    other, account = await people.student()
    await other.place_order()
    await page.goto(f"{addresses.ordering}/signin?next=/alerts")
    await page.locator("input[name=sub]").fill(account.subject)
    await page.get_by_role("button", name="Authorize").click()

    await expect(page.locator("[data-push][data-state=off]")).to_be_visible()


async def test_before_the_first_order_the_switch_says_why_not(new_phone: NewPhone) -> None:
    page = (await new_phone()).context.pages[0]

    await switch_of(page).click()

    await expect(page.get_by_text("Włączysz je, gdy zamówisz mLegitymację.")).to_be_visible()
    await axe(page)


async def test_a_browser_that_blocks_notifications_is_told_how_to_allow_them(new_phone: NewPhone) -> None:
    page = (await new_phone(allowed=False)).context.pages[0]

    await switch_of(page).click()  # the browser of the test says no for its person

    await expect(page.get_by_text("Zablokowane przez przeglądarkę.")).to_be_visible()
    await expect(page.get_by_role("switch")).to_have_count(0)
    await axe(page)


@pytest.mark.parametrize(
    ("lacks", "words"),
    [
        ("delete window.PushManager", "This browser cannot show notifications"),
        (
            "navigator.standalone = false",
            "add this portal to the home screen",
        ),
    ],
    ids=["an old browser", "a tab on an iPhone"],
)
async def test_a_browser_that_cannot_show_notifications_is_told_what_helps(
    lacks: str, words: str, new_phone: NewPhone
) -> None:
    page = (await new_phone(language="en")).context.pages[0]
    await page.add_init_script(lacks)
    await page.reload()

    await expect(page.get_by_text(words)).to_be_visible()
    await expect(page.get_by_role("switch")).to_have_count(0)


async def test_a_browser_that_changes_its_address_tells_it_by_itself(
    new_phone: NewPhone, push_service: PushService
) -> None:
    phone, page, first = await phone_with_an_order(new_phone)
    await switch_of(page).click()
    await expect(switch_of(page)).to_be_checked()
    assert phone.held is not None
    push_service.unsubscribe(phone.held["subscription"])

    worker = await phone.worker()
    await worker.evaluate(RENEWED, push_service.subscribe())
    await phone.student.cancel(first)
    await ordered_again(phone.student, first)

    (pushed,) = await eventually(lambda: push_service.pushed, timeout=20)
    assert pushed.json()["kind"] == "ready_to_activate"


async def test_what_is_no_message_of_ours_opens_the_inbox_and_nothing_else(new_phone: NewPhone) -> None:
    phone, page, _ = await phone_with_an_order(new_phone)
    await switch_of(page).click()
    await expect(switch_of(page)).to_be_checked()
    worker = await phone.worker()

    for wrong in ("", "{", "null", '{"kind": "toString", "link": "https://evil.example/"}'):
        await phone.deliver_text(page, wrong)

    (shown,) = await eventually(lambda: worker.evaluate(SHOWN))
    assert (shown["title"], shown["link"]) == ("Wiadomość o Twojej mLegitymacji", "/alerts")
