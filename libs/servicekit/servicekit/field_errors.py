"""What is wrong with a field of a request, with what the schema allows there.

Nothing here repeats what the caller sent, nor names that the caller made up: they may be private.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from servicekit.problems import Text

MOST_TOLD = 50

_UNFIT = Text("ta wartość nie jest dozwolona", "this value is not allowed")
_DAY = Text("podaj dzień jako RRRR-MM-DD", "write a day as YYYY-MM-DD")
_MOMENT = Text(
    "podaj chwilę ze strefą czasową, np. 2026-10-01T12:00:00Z",
    "write a moment with its time zone, like 2026-10-01T12:00:00Z",
)
_TIME = Text("podaj godzinę jako GG:MM", "write a time as HH:MM")
_UUID = Text("podaj UUID", "this must be a UUID")
_WHOLE = Text("podaj liczbę całkowitą", "this must be a whole number")
_BOOLEAN = Text("podaj true albo false", "this must be true or false")
_STRING = Text("podaj tekst", "this must be a text")
_LIST = Text("podaj listę", "this must be a list")
_OBJECT = Text("podaj obiekt JSON", "this must be a JSON object")

# By the kinds of pydantic; {places} are filled from the schema, never from the request.
_MESSAGES: Mapping[str, Text] = {
    "missing": Text("brakuje tego pola", "this field is missing"),
    "extra_forbidden": Text("tego pola tu nie ma", "there is no such field here"),
    "literal_error": Text("dozwolone wartości: {expected}", "allowed values: {expected}"),
    "enum": Text("dozwolone wartości: {expected}", "allowed values: {expected}"),
    "string_too_short": Text(
        "liczba znaków: co najmniej {min_length}", "number of characters: at least {min_length}"
    ),
    "string_too_long": Text(
        "liczba znaków: co najwyżej {max_length}", "number of characters: at most {max_length}"
    ),
    "too_short": Text("liczba elementów: co najmniej {min_length}", "number of items: at least {min_length}"),
    "too_long": Text("liczba elementów: co najwyżej {max_length}", "number of items: at most {max_length}"),
    "greater_than": Text("podaj więcej niż {gt}", "this must be more than {gt}"),
    "greater_than_equal": Text("podaj co najmniej {ge}", "this must be at least {ge}"),
    "less_than": Text("podaj mniej niż {lt}", "this must be less than {lt}"),
    "less_than_equal": Text("podaj co najwyżej {le}", "this must be at most {le}"),
    "string_pattern_mismatch": Text("dozwolona postać: {pattern}", "allowed form: {pattern}"),
    "string_type": _STRING,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _OBJECT,
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
}
_FAMILIES: tuple[tuple[str, Text], ...] = (
    ("datetime_", _MOMENT),
    ("timezone_", _MOMENT),
    ("date_", _DAY),
    ("time_", _TIME),
    ("uuid_", _UUID),
    ("int_", _WHOLE),
    ("bool_", _BOOLEAN),
)
_FIELD = re.compile(r"[A-Za-z_][A-Za-z_-]{0,39}\d?")


def field_errors(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Of what pydantic found: path, kind, and what is allowed. A list is not blamed for its items."""
    told = found[:MOST_TOLD]
    inner = {each for item in told for each in _around(item["loc"])}
    return [
        {"path": ".".join(map(_part, item["loc"])), "kind": item["type"], "message": _message(item)}
        for item in told
        if item["loc"] not in inner
    ]


def _around(place: tuple[int | str, ...]) -> Iterator[tuple[int | str, ...]]:
    return (place[:length] for length in range(1, len(place)))


def _message(item: Mapping[str, Any]) -> Text:
    kind = item["type"]
    family = next((text for start, text in _FAMILIES if kind.startswith(start)), _UNFIT)
    text = _MESSAGES.get(kind, family)
    allowed = {name: str(value).replace("'", "") for name, value in item.get("ctx", {}).items()}
    return Text(
        text.pl.format_map(allowed | {"expected": allowed.get("expected", "").replace(" or ", " lub ")}),
        text.en.format_map(allowed),
    )


def _part(part: int | str) -> str:
    return str(part) if isinstance(part, int) or _FIELD.fullmatch(part) else "?"
