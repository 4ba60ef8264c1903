"""What the templates of a package say, and what its catalogue knows."""

import re
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir

from pagekit.words import read_catalogue

Words = str | tuple[str, ...] | list[str]

METHODS = [("**.html", "jinja2"), ("**.js", "jinja2"), ("**.json", "jinja2"), ("**.webmanifest", "jinja2")]
OPTIONS = {"**": {"extensions": "jinja2.ext.do", "silent": "false", "newstyle_gettext": "true"}}
PLACE = re.compile(r"%\((\w+)\)s")


def said_by(home: Path) -> dict[Words, str]:
    """The words, and where they stand."""
    found = extract_from_dir(home / "templates", method_map=METHODS, options_map=OPTIONS)
    return {words: f"{name}:{line}" for name, line, words, _comments, _context in found}


def known_to(home: Path) -> Catalog:
    return read_catalogue(home / "locales")


def missing(home: Path, *others: Path) -> list[str]:
    known = {words for each in (home, *others) for words in _words(known_to(each))}
    return [f"{place}: {words}" for words, place in said_by(home).items() if words not in known]


def unused(home: Path) -> list[Words]:
    said = said_by(home)
    return [words for words in _words(known_to(home)) if words not in said]


def unfinished(home: Path) -> list[Words]:
    """Empty, marked as fuzzy, or with other placeholders than the English words."""
    return [
        message.id
        for message in known_to(home)
        if message.id and (message.fuzzy or not _is_whole(message.id, message.string))
    ]


def _is_whole(words: Words, translated: Words | None) -> bool:
    english = [words] if isinstance(words, str) else list(words)
    polish = [translated] if isinstance(translated, str) else list(translated or ())
    if isinstance(words, tuple) and len(polish) != 3:
        return False
    places = set(PLACE.findall(english[-1]))
    return all(polish) and set().union(*(PLACE.findall(each) for each in polish)) == places


def _words(catalogue: Catalog) -> list[Words]:
    return [message.id for message in catalogue if message.id]
