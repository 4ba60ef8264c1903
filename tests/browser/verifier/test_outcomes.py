"""What a checker sees of a card, in each state that it can be in."""

import re
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
from playwright.async_api import Page, expect

from devstack.journey.checker import Checker
from devstack.journey.http import Addresses
from devstack.journey.story import until
from devstack.journey.wallet import Pack
from devstack.stack import Stack
from tests.browser.verifier.checking import (
    LISTS,
    VERIFICATIONS,
    expect_nobody,
    expect_verdict,
    fail,
    open_code,
)
from tests.browser.verifier.conftest import NewCard, ShownCard


@pytest.fixture
async def checker(addresses: Addresses) -> AsyncIterator[Checker]:
    async with Checker(addresses) as client:
        yield client


async def test_a_valid_card_tells_whom_it_belongs_to_and_asks_to_compare(
    phone: Page, shown: ShownCard
) -> None:
    await open_code(phone, shown.code())

    await expect_verdict(phone, "WAŻNA")
    result = phone.locator("[data-view=result]")
    for words in (shown.names, "Porównaj zdjęcie z osobą.", "Uczelnia", "Ważna do", "Sprawdzono"):
        await expect(result.get_by_text(words, exact=True)).to_be_visible()
    assert await phone.locator("canvas").evaluate(
        "canvas => canvas.width > 100 && canvas.height > canvas.width"
    )


async def test_no_pesel_ever_reaches_the_checker(phone: Page, shown: ShownCard) -> None:
    await open_code(phone, shown.code())
    await expect_verdict(phone, "WAŻNA")

    assert shown.card.claims["pesel"] not in await phone.content()


@pytest.mark.parametrize(("change", "words"), [("suspension", "ZAWIESZONA"), ("revocation", "UNIEWAŻNIONA")])
async def test_a_change_of_the_card_is_seen_by_the_next_check(
    phone: Page, new_card: NewCard, checker: Checker, change: str, words: str
) -> None:
    ended = await new_card()
    await ended.student.change_card(ended.credential_id, change)
    await until(lambda: has_ended(checker, ended))

    await open_code(phone, ended.code())

    await expect_verdict(phone, words)
    await expect_nobody(phone, ended.names)


async def has_ended(checker: Checker, ended: ShownCard) -> bool:
    return (await checker.check(ended.code())).outcome != "valid"


async def test_a_card_whose_date_has_passed_is_expired(phone: Page, new_card: NewCard, stack: Stack) -> None:
    ended = await new_card()
    wallet = await asyncpg.connect(stack.databases["wallet"])
    await wallet.execute(
        "update cards set valid_until = now() - interval '1 minute' where credential_id = $1::uuid",
        ended.credential_id,
    )
    await wallet.close()

    await open_code(phone, ended.code())

    await expect_verdict(phone, "PO TERMINIE")
    await expect_nobody(phone, ended.names)


@pytest.mark.parametrize(
    ("off_by", "words"),
    [(-45, r"\d\d sekund\w* temu"), (-300, r"\d minut\w* temu"), (200, r"za \d minuty")],
)
async def test_a_code_of_another_moment_is_refused_and_names_the_clock(
    phone: Page, shown: ShownCard, off_by: int, words: str
) -> None:
    await open_code(phone, shown.code(at=time.time() + off_by))

    await expect_verdict(phone, "KOD NIEAKTUALNY – poproś o nowy")
    await expect_nobody(phone, shown.names)
    assert re.fullmatch(words, await phone.locator("[data-field=skew]").inner_text())


async def test_a_code_of_last_hour_says_nothing_about_clocks(phone: Page, shown: ShownCard) -> None:
    await open_code(phone, shown.code(at=time.time() - 3600))

    await expect_verdict(phone, "KOD NIEAKTUALNY – poproś o nowy")
    await expect(phone.locator("[data-field=skew]")).to_have_count(0)


async def test_a_code_that_nobody_has_stored_is_unknown(phone: Page, shown: ShownCard) -> None:
    never_stored = Pack(bytes(16), bytes(32))

    await open_code(phone, shown.phone.show(never_stored))

    await expect_verdict(phone, "NIEZNANA")


async def test_what_is_no_code_at_all_is_unknown(phone: Page, addresses: Addresses) -> None:
    await open_code(phone, f"{addresses.verifier}/#not-a-code")

    await expect_verdict(phone, "NIEZNANA")


async def test_without_network_nothing_can_be_checked(
    phone: Page, shown: ShownCard, addresses: Addresses
) -> None:
    await phone.goto(addresses.verifier)
    await phone.context.set_offline(True)

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")
    await expect(phone.get_by_text("Brak połączenia albo serwer nie odpowiada")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "words"),
    [(503, "serwer nie odpowiada"), (500, "serwer nie odpowiada"), (429, "odrzucono zbyt wiele kodów")],
)
async def test_a_server_that_does_not_answer_proves_nothing(
    phone: Page, shown: ShownCard, status: int, words: str
) -> None:
    await fail(phone, VERIFICATIONS, status)

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")
    await expect(phone.get_by_text(words)).to_be_visible()


async def test_without_the_status_list_nothing_is_valid(phone: Page, shown: ShownCard) -> None:
    await fail(phone, LISTS, 503)

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")
    await expect_nobody(phone, shown.names)
    await expect(phone.get_by_text("listy statusów uczelni")).to_be_visible()


async def test_a_clock_that_is_wrong_proves_nothing(phone: Page, shown: ShownCard) -> None:
    await phone.clock.install(time=time.time() + 45)

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")
    await expect(phone.get_by_text("Zegar tego urządzenia")).to_be_visible()
