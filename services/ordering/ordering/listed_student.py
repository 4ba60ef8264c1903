"""One line of a list of students: what each field may be, and what to do when it is something else. Pure."""

import re
import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from ordering.pesel import WrongPesel, birth_date_in, check_pesel, masked
from servicekit.institutions import Cycle, StudentStatus

MAX_NAME = 100
_FIRST_DAY = date(1900, 1, 1)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SUBJECT = re.compile(r"[\x21-\x7e]{1,255}")
_STUDENT_NUMBER = re.compile(r"[0-9A-Za-z-]{0,20}")
_EMAIL = re.compile(r"[0-9A-Za-z._%+'-]{1,64}@(?:[0-9A-Za-z-]{1,63}\.)+[A-Za-z]{2,24}")
# They turn the text around them, so that it reads as something else.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_NO_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})


class WrongField(ValueError):
    """What is wrong with a field, and what to do."""

    def __init__(self, what: str, cure: str) -> None:
        super().__init__(what)
        self.what = what
        self.cure = cure


def tidy(value: str) -> str:
    """Composed letters, single spaces. Refuses what is no text."""
    value = unicodedata.normalize("NFC", value)
    if any("\udc80" <= character <= "\udcff" for character in value):
        raise WrongField("is not UTF-8", "Save the list as CSV UTF-8")
    if any(unicodedata.category(one) in _NO_TEXT or one in _TURNING for one in value):
        raise WrongField("has characters that cannot be seen", "Remove them")
    return " ".join(value.split())


def _day(value: str) -> date:
    if not _DAY.fullmatch(value):
        raise WrongField("is no day", "Write it as YYYY-MM-DD")
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise WrongField("is a day that does not exist", "Correct it") from None
    if day < _FIRST_DAY:
        raise WrongField("is before 1900", "Correct it")
    return day


def _day_or_none(value: str) -> date | None:
    return _day(value) if value else None


def _name(value: str) -> str:
    if len(value) > MAX_NAME:
        raise WrongField(f"is longer than {MAX_NAME} characters", "Shorten it")
    return value


def _subject(value: str) -> str:
    if _SUBJECT.fullmatch(value) is None:
        raise WrongField("is no subject", "Give the `sub` of this person at the identity provider")
    return value


def _student_number(value: str) -> str:
    if _STUDENT_NUMBER.fullmatch(value) is None:
        raise WrongField("is no student number", "Use at most 20 of A-Z, 0-9 and -, or leave it empty")
    return value


def _email(value: str) -> str:
    if len(value) > 254 or _EMAIL.fullmatch(value) is None:
        raise WrongField("is no e-mail address", "Give one like anna@example.com")
    return value


def _programme(value: str) -> str:
    if not 1 <= len(value) <= 200:
        raise WrongField("is empty or longer than 200 characters", "Give the name of the programme")
    return value


Tidy = BeforeValidator(tidy)
Name = Annotated[str, Tidy, AfterValidator(_name)]
OptionalDay = Annotated[date | None, BeforeValidator(_day_or_none), Tidy]


class ListedStudent(BaseModel):
    """A student as the list tells, from its line `line`."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    line: int
    subject: Annotated[str, Tidy, AfterValidator(_subject)] = Field(repr=False)
    student_number: Annotated[str, Tidy, AfterValidator(_student_number)] = Field(repr=False)
    given_names: Name = Field(repr=False)
    family_name: Name = Field(repr=False)
    birth_date: Annotated[date, BeforeValidator(_day), Tidy] = Field(repr=False)
    pesel: Annotated[str, Tidy] = Field(repr=False)
    email: Annotated[str, Tidy, AfterValidator(_email)] = Field(repr=False)
    status: Annotated[StudentStatus, Tidy]
    programme: Annotated[str, Tidy, AfterValidator(_programme)]
    cycle: Annotated[Cycle, Tidy]
    study_kind: Annotated[Literal["full_time", "part_time"], Tidy]
    plastic_card_valid_until: OptionalDay
    data_changed_on: OptionalDay
    card_valid_until: OptionalDay
    graduated_on: OptionalDay = None

    @field_validator("family_name")
    @classmethod
    def _has_a_name(cls, family_name: str, info: ValidationInfo) -> str:
        if not family_name and info.data.get("given_names") == "":
            raise WrongField("is empty, and given_names is", "Give the only name as one of them")
        return family_name

    @field_validator("birth_date")
    @classmethod
    def _was_born(cls, birth_date: date, info: ValidationInfo) -> date:
        if birth_date >= (info.context or {})["today"]:
            raise WrongField("is in the future", "Correct it")
        return birth_date

    @field_validator("graduated_on")
    @classmethod
    def _has_graduated(cls, graduated_on: date | None, info: ValidationInfo) -> date | None:
        if graduated_on is not None and info.data.get("status", "graduated") != "graduated":
            raise WrongField(
                "is there for somebody who has not graduated", "Remove it, or correct the status"
            )
        if graduated_on is not None and graduated_on > (info.context or {})["today"]:
            raise WrongField("is in the future", "Give it once the day has come")
        return graduated_on

    @field_validator("pesel")
    @classmethod
    def _is_the_persons(cls, pesel: str, info: ValidationInfo) -> str:
        birth_date = info.data.get("birth_date")
        try:
            if pesel:
                check_pesel(pesel, birth_date or birth_date_in(pesel))
        except WrongPesel as error:
            cure = "Correct it, or leave it empty for a person who has none"
            raise WrongField(f"{masked(pesel)} {error}", cure) from None
        return pesel


COLUMNS = tuple(name for name in ListedStudent.model_fields if name != "line")
# Lists may lack it: whoever is told as graduated has graduated on the day of the list then.
OPTIONAL_COLUMNS = ("graduated_on",)
