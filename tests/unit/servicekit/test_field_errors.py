"""What a refused field tells: what is allowed there, and nothing of what was sent."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import Field, TypeAdapter, ValidationError

from servicekit.field_errors import field_errors

SENT = "anna.kowalska-02271409862"


def refused(kind: Any, value: object) -> list[dict[str, Any]]:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(kind).validate_python(value)
    return field_errors([{**each, "loc": ("body", *each["loc"])} for each in caught.value.errors()])


@pytest.mark.parametrize(
    ("kind", "value", "allowed"),
    [
        (
            Literal["a_word", "another", "a_third"],
            SENT,
            ["dozwolone wartości: a_word, another lub a_third", "allowed values: a_word, another or a_third"],
        ),
        (
            Annotated[str, Field(min_length=30)],
            SENT,
            ["liczba znaków: co najmniej 30", "number of characters: at least 30"],
        ),
        (
            Annotated[str, Field(max_length=5)],
            SENT,
            ["liczba znaków: co najwyżej 5", "number of characters: at most 5"],
        ),
        (
            Annotated[str, Field(pattern=r"^\d{8}$")],
            SENT,
            [r"dozwolona postać: ^\d{8}$", r"allowed form: ^\d{8}$"],
        ),
        (
            Annotated[list[str], Field(max_length=1)],
            [SENT, SENT],
            ["liczba elementów: co najwyżej 1", "number of items: at most 1"],
        ),
        (Annotated[int, Field(le=100)], 101, ["podaj co najwyżej 100", "this must be at most 100"]),
        (int, SENT, ["podaj liczbę całkowitą", "this must be a whole number"]),
        (date, SENT, ["podaj dzień jako RRRR-MM-DD", "write a day as YYYY-MM-DD"]),
        (
            datetime,
            SENT,
            [
                "podaj chwilę ze strefą czasową, np. 2026-10-01T12:00:00Z",
                "write a moment with its time zone, like 2026-10-01T12:00:00Z",
            ],
        ),
        (UUID, SENT, ["podaj UUID", "this must be a UUID"]),
        (float, SENT, ["ta wartość nie jest dozwolona", "this value is not allowed"]),
    ],
)
def test_a_wrong_value_is_answered_with_what_is_allowed(
    kind: object, value: object, allowed: list[str]
) -> None:
    (told,) = refused(kind, value)

    assert [told["message"].pl, told["message"].en] == allowed
    assert SENT not in str(told)


def test_a_list_is_not_blamed_for_its_items() -> None:
    words = Annotated[tuple[Annotated[str, Field(min_length=2)], ...], Field(min_length=1)]

    assert [told["path"] for told in refused(words, ["a"])] == ["body.0"]
    assert [told["kind"] for told in refused(words, [])] == ["too_short"]


def test_a_name_that_the_caller_made_up_is_not_repeated() -> None:
    told = refused(dict[str, int], {SENT: "one"})

    assert [each["path"] for each in told] == ["body.?"]
    assert SENT not in str(told)


def test_of_very_many_wrong_fields_the_first_are_told() -> None:
    assert len(refused(list[int], [SENT] * 2_000)) == 50
