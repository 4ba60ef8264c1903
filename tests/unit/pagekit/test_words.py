"""Every word of a page is there in both languages."""

from pathlib import Path

import pytest

from pagekit.pages import HERE, home_of
from pagekit.words import Words
from tests.unit.pagekit.catalogues import missing, said_by, unfinished, unused

HOMES = [
    pytest.param(home_of(package), id=package)
    for package in ("pagekit", "ordering", "wallet", "wallet.verifier")
]
each_home = pytest.mark.parametrize("home", HOMES)


@each_home
def test_no_translation_is_missing(home: Path) -> None:
    assert said_by(home)
    assert missing(home, HERE) == []


@each_home
def test_no_translation_is_left_over(home: Path) -> None:
    assert unused(home) == []


@each_home
def test_every_translation_is_whole(home: Path) -> None:
    assert unfinished(home) == []


def test_words_that_nobody_has_translated_are_found(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(
        '{{ _("Never said before") }}{{ ngettext("One", "Many", n) }}'
    )

    assert missing(tmp_path, HERE) == [
        "page.html:1: Never said before",
        "page.html:1: ('One', 'Many')",
    ]


def test_a_translation_without_its_placeholder_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "locales" / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text('msgid "%(num)s left"\nmsgstr "Koniec"\n')

    assert unfinished(tmp_path) == ["%(num)s left"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "Pozostała 1 próba."),
        (3, "Pozostały 3 próby."),
        (5, "Pozostało 5 prób."),
        (22, "Pozostały 22 próby."),
    ],
)
def test_polish_numbers_have_their_own_plurals(number: int, words: str) -> None:
    polish = Words([home_of("ordering") / "locales"]).of("pl")

    said = polish.ngettext(
        "A wrong code was entered. %(num)s attempt is left.",
        "A wrong code was entered. %(num)s attempts are left.",
        number,
    )

    assert said % {"num": number} == f"Wpisano błędny kod. {words}"


def test_the_words_of_a_service_win_over_the_common_ones(tmp_path: Path) -> None:
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "messages.po").write_text('msgid "Help"\nmsgstr "Ratunku"\n')

    words = Words([tmp_path, HERE / "locales"])

    assert (words.of("pl").gettext("Help"), words.of("pl").gettext("Menu")) == ("Ratunku", "Menu")
    assert words.of("en").gettext("Help") == "Help"
