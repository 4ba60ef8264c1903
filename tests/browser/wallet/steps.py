"""What a person does in the wallet, in the words of a language, and the order that was placed before."""

from dataclasses import dataclass

from playwright.async_api import Page, expect

from devstack.accounts import Account
from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from servicekit.problems import Language
from tests.browser.looks import Say, words_of
from tests.browser.pages import sign_in
from tests.journeys.conftest import People


def words(language: Language) -> Say:
    return words_of("wallet", language)


@dataclass(frozen=True, slots=True)
class Ready:
    """An order that can be activated."""

    student: StudentClient
    account: Account
    order_id: str
    qr_payload: str
    code: str
    deep_link: str

    @property
    def wrong_code(self) -> str:
        return f"{(int(self.code) + 1) % 10**8:08}"


async def ready_order(people: People, replaces: str | None = None) -> Ready:
    student, account = await people.student()
    return await order_of(student, account, replaces)


async def order_of(student: StudentClient, account: Account, replaces: str | None = None) -> Ready:
    order_id = (await student.place_order(replaces=replaces))["order_id"]
    activation = (await student.wait_for(order_id, "READY"))["activation"]
    return Ready(
        student,
        account,
        order_id,
        activation["qr_payload"],
        activation["activation_code"],
        activation["deep_link"],
    )


async def go_to_qr_step(page: Page, addresses: Addresses, ready: Ready, say: Say) -> None:
    """Signed in, a document chosen, the terms accepted."""
    await sign_in(page, addresses.wallet, ready.account.subject, then="/add")
    await page.get_by_role("button", name=say("Student card")).click()
    await page.get_by_label(say("I accept the terms")).check()
    await page.get_by_role("button", name=say("Go on")).click()
    await expect(page.get_by_role("heading", name=say("Enter the QR code"))).to_be_visible()


async def go_to_code_step(page: Page, addresses: Addresses, ready: Ready, say: Say) -> None:
    await go_to_qr_step(page, addresses, ready, say)
    await page.get_by_label(say("QR code as text")).fill(ready.qr_payload)
    await page.get_by_role("button", name=say("Confirm")).click()
    await expect(page.get_by_role("heading", name=say("You are adding"))).to_be_visible()
    await page.get_by_role("button", name=say("Go on")).click()
    await expect(page.get_by_role("heading", name=say("Activation code"))).to_be_visible()


async def enter_code(page: Page, code: str, say: Say) -> None:
    await page.get_by_label(say("Eight digits from the mLegitymacja tab")).fill(code)
    await page.get_by_role("button", name=say("Activate")).click()


async def add_card(page: Page, addresses: Addresses, ready: Ready, say: Say) -> None:
    """From signing in to the card on the screen."""
    await go_to_code_step(page, addresses, ready, say)
    await enter_code(page, ready.code, say)
    await expect_card(page, say)


async def expect_card(page: Page, say: Say) -> None:
    await expect(page.get_by_text(say("Done. You can show your card."))).to_be_visible()
    await expect(page.locator("[data-card]")).to_be_visible()
