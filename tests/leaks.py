"""Looks for secrets in what must not hold them: as they are written, and in the disguises they travel in."""

import base64
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote, quote_plus

SHORTEST_BASE64 = 8  # fewer characters are found anywhere by chance


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to look, by the name that a failure tells."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must not be seen; `kind` is what a failure tells of it."""

    kind: str
    value: str | bytes


def leaks(places: Iterable[Place], secrets: Iterable[Secret]) -> set[tuple[str, str]]:
    """(kind of secret, name of the place) of every one that is found."""
    searches = [(secret.kind, _search_for(secret.value)) for secret in secrets]
    return {(kind, place.name) for place in places for kind in _found(place.content, searches)}


@dataclass(frozen=True, slots=True)
class _Search:
    folded: re.Pattern[str]
    exact: re.Pattern[bytes]


def _found(content: bytes, searches: Iterable[tuple[str, _Search]]) -> Iterator[str]:
    text = content.decode(errors="replace").casefold()
    for kind, search in searches:
        if search.folded.search(text) or search.exact.search(content):
            yield kind


def _search_for(value: str | bytes) -> _Search:
    data = value.encode() if isinstance(value, str) else value
    texts = {data.hex(), repr(data)[2:-1], *(_spellings(value) if isinstance(value, str) else ())}
    folded = "|".join(_bounded(text.casefold()) for text in sorted(texts))
    exact = b"|".join(re.escape(each) for each in sorted({data, *_in_base64(data)}) if _is_long(each, data))
    return _Search(re.compile(folded), re.compile(exact or rb"(?!)"))


def _is_long(disguise: bytes, data: bytes) -> bool:
    return len(disguise) >= SHORTEST_BASE64 and not (disguise == data and data.isdigit())


def _bounded(text: str) -> str:
    """A short number counts only when it stands alone: among ids and times its digits come by chance."""
    pattern = re.escape(text)
    return rf"(?<![0-9a-z]){pattern}(?![0-9a-z])" if text.isdecimal() and len(text) < 10 else pattern


def _spellings(value: str) -> Iterator[str]:
    for text in (value, unicodedata.normalize("NFD", value)):
        yield text
        yield json.dumps(text)[1:-1]
        yield quote(text, safe="")
        yield quote_plus(text)
        yield escape(text)


def _in_base64(data: bytes) -> Iterator[bytes]:
    """Both alphabets, wherever in the encoded text the value begins: the characters that only it decides."""
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + data)
        first, last = -(-shift * 8 // 6), (shift + len(data)) * 8 // 6
        yield encoded[first:last]
        yield encoded[first:last].translate(bytes.maketrans(b"+/", b"-_"))
