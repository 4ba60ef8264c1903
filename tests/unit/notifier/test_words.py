"""Every alert can be said in both languages, and no word has room for anything private."""

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from contracts.base import DeviceLabel, Party
from contracts.ordering import Locale
from notifier import words
from notifier.domain import Kind, goes_by_mail
from servicekit.institutions import Institution, load_institutions
from servicekit.problems import Text

INSTITUTIONS = Path(__file__).parents[3] / "institutions"
EVENING = datetime(2026, 10, 31, 22, 59, tzinfo=UTC)
PARAMETERS = {
    "until": EVENING.isoformat(),
    "last_day": EVENING.isoformat(),
    "device": "computer",
    "by": "office",
    "reasons": "validity_ended",
    "credential_id": "01981d3c-5a11-7d20-8b4f-1a2b3c4d5e6f",
}
# What the consent to e-mails says of each kind that is mailed.
CONSENTED = {
    "ready_to_activate": Text("gotowa do aktywacji", "ready to activate"),
    "offer_ending": Text("kończy się czas na aktywację", "time for activation is running out"),
    "code_locked": Text("kod aktywacyjny jest zablokowany", "activation code is locked"),
    "activated": Text("aktywowana", "activated"),
    "card_suspended": Text("zawieszona", "suspended"),
    "card_extended": Text("przedłużona", "extended"),
    "card_revoked": Text("unieważniona", "revoked"),
    "card_reinstated": Text("znów działa", "works again"),
    "order_cancelled": Text("anulowała zamówienie", "cancelled the order"),
    "order_rejected": Text("nie można z niego wydać", "no card can be made"),
}
PLACES = {"when", "until", "last_day", "device", "by", "reasons"}


def all_texts() -> list[Text]:
    alerts = [text for each in words.ALERTS.values() for text in (each.title, each.sentence, each.action)]
    others = [words.NOT_ME, words.NOT_ME_SENTENCE, words.GREETING, words.WHY, words.REJECTED_OTHERWISE]
    choices = words.DEVICES, words.PARTIES, words.REJECTIONS
    return [*alerts, *others, *(text for texts in choices for text in texts.values())]


def test_the_catalogue_has_every_kind_device_and_party() -> None:
    assert set(words.ALERTS) == set(get_args(Kind))
    assert set(words.DEVICES) == set(get_args(DeviceLabel))
    assert set(words.PARTIES) == set(get_args(Party))


def test_every_text_is_there_in_both_languages_with_the_same_places() -> None:
    for text in all_texts():
        assert text.pl
        assert text.en
        assert places_in(text.pl) == places_in(text.en)


@pytest.mark.parametrize("institution", load_institutions(INSTITUTIONS).values(), ids=lambda each: each.id)
def test_the_consent_to_e_mails_names_all_that_is_mailed(institution: Institution) -> None:
    (consent,) = [each for each in institution.consents if each.kind == "email_alerts"]

    assert set(CONSENTED) == {kind for kind in get_args(Kind) if goes_by_mail(kind)}
    assert [said for said in CONSENTED.values() if said.pl not in " ".join(consent.text.pl.split())] == []
    assert [said for said in CONSENTED.values() if said.en not in " ".join(consent.text.en.split())] == []


def test_no_text_has_a_place_for_anything_private() -> None:
    assert set().union(*(places_in(text.pl) for text in all_texts())) == PLACES


def places_in(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", get_args(Locale))
@pytest.mark.parametrize("kind", get_args(Kind))
def test_every_sentence_can_be_said(kind: Kind, locale: Locale) -> None:
    sentence = words.sentence_of(kind, PARAMETERS, EVENING, locale)

    assert "{" not in sentence
    assert PARAMETERS["credential_id"] not in sentence


def test_moments_are_those_of_warsaw_in_the_words_of_the_language() -> None:
    assert words.say_moment(EVENING, "pl") == "31 października 2026, 23:59"
    assert words.say_moment(EVENING, "en") == "31 October 2026, 23:59"


def test_a_device_that_is_not_known_yet_is_another_one() -> None:
    sentence = words.sentence_of("activated", {"device": "watch"}, EVENING, "en")

    assert sentence.endswith("Device: other.")


def test_a_rejection_says_the_cure_of_each_reason_and_of_unknown_ones_once() -> None:
    parameters = {"reasons": "name_missing moon_too_full sun_too_low"}
    sentence = words.sentence_of("order_rejected", parameters, EVENING, "en")

    assert sentence == (
        "The order has ended. Your record has no name: have it completed by the dean's office, then order "
        "again. It could not be made from your record: ask the dean's office."
    )
