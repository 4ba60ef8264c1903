"""Catalogues of words: English stands in the templates, Polish in `locales/pl/LC_MESSAGES/messages.po`."""

import gettext
import json
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

from servicekit.problems import LANGUAGES, Language


def catalogue_file(locales: Path, language: str = "pl") -> Path:
    return locales / language / "LC_MESSAGES" / "messages.po"


def read_catalogue(locales: Path, language: str = "pl") -> Catalog:
    """Empty for a package without words of its own."""
    path = catalogue_file(locales, language)
    if not path.is_file():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


class Words:
    """The words of several packages in both languages; the first package's count where two say the same."""

    def __init__(self, locales: Sequence[Path]) -> None:
        self._catalogues = [read_catalogue(folder) for folder in locales]
        self._polish = _translations(reversed(self._catalogues))
        self._english = NullTranslations()

    def of(self, language: Language) -> gettext.NullTranslations:
        return self._polish if language == "pl" else self._english

    def files(self) -> dict[str, bytes]:
        """`messages.<language>.json` for modules in browsers: the words by their English ones."""
        return {f"messages.{language}.json": self._as_json(language) for language in LANGUAGES.values()}

    def _as_json(self, language: Language) -> bytes:
        words = self.of(language)
        singular = [
            str(message.id)
            for catalogue in self._catalogues
            for message in catalogue
            if message.id and not message.pluralizable
        ]
        found = {english: words.gettext(english) for english in singular}
        return json.dumps(found, ensure_ascii=False, sort_keys=True).encode()


def _translations(catalogues: Iterable[Catalog]) -> Translations:
    """The later ones win; the plurals are those of the first."""
    first, *others = (_compiled(catalogue) for catalogue in catalogues)
    for other in others:
        first.merge(other)
    return first


def _compiled(catalogue: Catalog) -> Translations:
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
