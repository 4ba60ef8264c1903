"""What a checker sees of a card, in each state that it can be in."""

import re

from playwright.async_api import Page, expect

from tests.browser.pages import screenshot
from tests.browser.verifier.conftest import ShownCard, open_code

VERDICT = re.compile(r"WAŻNA|ZAWIESZONA|UNIEWAŻNIONA|PO TERMINIE|NIEAKTUALNY|NIEZNANA|NIE MOŻNA")


async def test_a_card_is_valid(phone: Page, shown: ShownCard) -> None:
    await open_code(phone, shown.code())

    await expect(phone.get_by_role("heading", name=VERDICT)).to_have_text("WAŻNA")
    await expect(phone.get_by_text(shown.names)).to_be_visible()
    await screenshot(phone, "verifier-valid")
