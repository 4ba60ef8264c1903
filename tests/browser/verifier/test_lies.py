"""Somebody on the way lies: the API, the phone, whoever hands out lists. Nothing of it ever becomes green."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from devstack.journey.cards import read_status
from devstack.journey.story import until
from tests.browser.verifier.checking import (
    VERIFICATIONS,
    expect_nobody,
    expect_verdict,
    hand_out_list,
    lie,
    open_code,
)
from tests.browser.verifier.conftest import NewCard, ShownCard
from tests.browser.verifier.forging import (
    issuers_signer,
    list_signed_anew,
    lists_signer,
    signed_anew,
    somebodys,
    with_disclosure_of,
)


@pytest.mark.parametrize(("change", "words"), [("suspension", "ZAWIESZONA"), ("revocation", "UNIEWAŻNIONA")])
async def test_an_api_that_calls_an_ended_card_valid_is_not_believed(
    phone: Page, new_card: NewCard, change: str, words: str
) -> None:
    ended = await new_card()
    async with phone.expect_response(VERIFICATIONS) as honest:
        await open_code(phone, ended.code())
    pack = (await (await honest.value).json())["pack"]
    await ended.student.change_card(ended.credential_id, change)
    await until(lambda: is_on_the_list(ended))
    await lie(phone, outcome="valid", pack=pack)

    await open_code(phone, ended.code())

    await expect_verdict(phone, words)
    await expect_nobody(phone, ended.names)


async def is_on_the_list(ended: ShownCard) -> bool:
    return await read_status(ended.card, ended.phone.http) != "valid"


async def test_an_api_that_calls_an_old_code_valid_has_no_pack_to_show(phone: Page, shown: ShownCard) -> None:
    await lie(phone, outcome="valid")

    await open_code(phone, shown.code(at=time.time() - 600))

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")


async def test_the_pack_of_another_card_is_not_shown(
    phone: Page, shown: ShownCard, new_card: NewCard
) -> None:
    other = await new_card()
    async with phone.expect_response(VERIFICATIONS) as honest:
        await open_code(phone, other.code())
    await lie(phone, pack=(await (await honest.value).json())["pack"])

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIEZNANA")
    await expect_nobody(phone, other.names)


@pytest.mark.parametrize("answer", [{"outcome": "fine"}, {"pack": 7}, {"checked_at": "soon"}, {"pack": "!"}])
async def test_an_answer_that_makes_no_sense_proves_nothing(
    phone: Page, shown: ShownCard, answer: dict[str, Any]
) -> None:
    await lie(phone, **answer)

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")


async def test_a_phone_that_shows_the_card_of_another_is_unknown(
    phone: Page, shown: ShownCard, liar: ShownCard
) -> None:
    await open_code(phone, await liar.code_of(shown.card))

    await expect_verdict(phone, "NIEZNANA")
    await expect_nobody(phone, shown.names)


async def test_a_photo_that_was_put_into_the_card_is_found(
    phone: Page, shown: ShownCard, liar: ShownCard
) -> None:
    await open_code(phone, await liar.code_of(with_disclosure_of(liar.card, shown.card, "portrait")))

    await expect_verdict(phone, "NIEZNANA")


async def test_a_card_that_another_key_has_signed_is_unknown(
    phone: Page, liar: ShownCard, keys: Path
) -> None:
    forged = signed_anew(liar.card, somebodys(issuers_signer(keys, liar.card)), family_name="Fałszywa")

    await open_code(phone, await liar.code_of(forged))

    await expect_verdict(phone, "NIEZNANA")


@pytest.mark.parametrize("issuer", ["http://localhost:1/t/umcs", "https://issuer.example/t/umcs", None])
async def test_an_issuer_that_is_not_on_the_list_is_not_even_asked(
    phone: Page, liar: ShownCard, keys: Path, issuer: str | None
) -> None:
    stranger = issuer or liar.card.issuer + "/"
    forged = signed_anew(liar.card, issuers_signer(keys, liar.card), iss=stranger)

    await open_code(phone, await liar.code_of(forged))

    await expect_verdict(phone, "NIEZNANA")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exp": 1_700_000_000}, "PO TERMINIE"),
        ({"nbf": 4_000_000_000}, "NIEZNANA"),
        ({"vct": "https://issuer.example/vct/library-card/1"}, "NIEZNANA"),
        ({"portrait": None}, "NIE MOŻNA SPRAWDZIĆ"),
        ({"portrait": "data:image/jpeg;base64,AAAA"}, "NIE MOŻNA SPRAWDZIĆ"),
        ({"portrait": "data:image/svg+xml;base64,PHN2Zy8+"}, "NIE MOŻNA SPRAWDZIĆ"),
        ({"family_name": " "}, "NIE MOŻNA SPRAWDZIĆ"),
    ],
    ids=["expired", "not yet", "other kind", "no photo", "broken photo", "other picture", "no name"],
)
async def test_what_the_issuer_has_signed_is_read_with_care(
    phone: Page, liar: ShownCard, keys: Path, changes: dict[str, Any], words: str
) -> None:
    card = signed_anew(liar.card, issuers_signer(keys, liar.card), **changes)

    await open_code(phone, await liar.code_of(card))

    await expect_verdict(phone, words)
    await expect_nobody(phone, liar.names)


@pytest.mark.parametrize(
    "name",
    ["<img src=x onerror=alert(1)>", '"><script>alert(1)</script>', "\u202eaksweinśiW", "👩🏽‍🎓", "Ż" * 100],
    ids=["tag", "script", "right to left", "emoji", "long"],
)
async def test_names_are_text_and_nothing_else(phone: Page, liar: ShownCard, keys: Path, name: str) -> None:
    card = signed_anew(liar.card, issuers_signer(keys, liar.card), family_name=name)

    await open_code(phone, await liar.code_of(card))

    await expect_verdict(phone, "WAŻNA")
    assert name in (await phone.locator("[data-field=names]").text_content() or "")
    assert await phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("age", [61, 3600])
async def test_a_stale_list_proves_nothing(phone: Page, shown: ShownCard, keys: Path, age: int) -> None:
    fresh = await fetch_list(shown)
    stale = list_signed_anew(fresh, lists_signer(keys, shown.card), iat=int(time.time()) - age)
    await hand_out_list(phone, stale)

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")
    await expect_nobody(phone, shown.names)


async def test_a_list_that_another_key_has_signed_proves_nothing(
    phone: Page, shown: ShownCard, keys: Path
) -> None:
    signer = somebodys(lists_signer(keys, shown.card))
    await hand_out_list(phone, list_signed_anew(await fetch_list(shown), signer))

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")


async def test_the_list_of_another_address_proves_nothing(phone: Page, shown: ShownCard, keys: Path) -> None:
    signer = lists_signer(keys, shown.card)
    await hand_out_list(phone, list_signed_anew(await fetch_list(shown), signer, sub="http://localhost/9"))

    await open_code(phone, shown.code())

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")


async def test_a_list_elsewhere_than_at_the_issuer_is_not_fetched(
    phone: Page, liar: ShownCard, keys: Path
) -> None:
    elsewhere = {"status_list": {"idx": 0, "uri": "http://localhost:1/status-lists/1"}}
    card = signed_anew(liar.card, issuers_signer(keys, liar.card), status=elsewhere)

    await open_code(phone, await liar.code_of(card))

    await expect_verdict(phone, "NIE MOŻNA SPRAWDZIĆ")


async def test_a_list_that_was_signed_a_moment_ago_is_believed(
    phone: Page, shown: ShownCard, keys: Path
) -> None:
    recent = list_signed_anew(
        await fetch_list(shown), lists_signer(keys, shown.card), iat=int(time.time()) - 40
    )
    await hand_out_list(phone, recent)

    await open_code(phone, shown.code())

    await expect_verdict(phone, "WAŻNA")
    await expect(phone.get_by_text(shown.names)).to_be_visible()


async def fetch_list(shown: ShownCard) -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        uri = shown.card.claims["status"]["status_list"]["uri"]
        return (await http.get(uri, headers={"Accept": "application/statuslist+jwt"})).text
