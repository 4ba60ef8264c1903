"""The sample students: two hundred people who do not exist, always the same ones."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import TypeVar

from devstack.samples.accounts import SEVERAL, STUDENTS, DemoStudent, Trouble
from devstack.samples.names import FAMILY, FOREIGN, GIVEN, LONG_PROGRAMMES, PROGRAMMES, Complexion, Sex
from ordering.pesel import check_digit
from servicekit.institutions import Cycle, StudentStatus

EACH = 100
YEAR = 2026  # of the samples: by a clock they would be other people each year
FIRST_NUMBERS = {"umcs": 301_204, "pwr": 272_413}

# Where in the list of an institution something is unusual. Every twelfth student comes from abroad.
TROUBLES: dict[int, Trouble] = {
    **dict.fromkeys((5, 17, 41, 65, 89), "without PESEL"),
    **dict.fromkeys((9, 24, 48, 71), "without photo"),
    **dict.fromkeys((13, 52, 80), "suspended"),
    **dict.fromkeys((31, 67), "struck off"),
    **dict.fromkeys((19, 58, 92), "doctoral"),
    **dict.fromkeys((37, 76), "postgraduate"),
    **dict.fromkeys((28, 85), "data changed"),
    44: "without student number",
    61: "graduated",
    96: SEVERAL,
}
_STATUSES: dict[str, StudentStatus] = {
    "suspended": "suspended",
    "struck": "struck_off",
    "graduated": "graduated",
}
_AGES: dict[Cycle, tuple[int, int]] = {
    "first": (19, 22),
    "second": (22, 25),
    "long": (19, 24),
    "doctoral": (25, 31),
    "postgraduate": (27, 48),
}
_ASCII = str.maketrans("łŁıø’'", "lLio--")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SampleStudent:
    """A line of the list, and what only the portrait needs. `note`: what is unusual, nothing for most."""

    institution: str
    subject: str
    student_number: str
    given_names: str
    family_name: str
    sex: Sex
    complexion: Complexion
    birth_date: date
    pesel: str
    email: str
    programme: str
    cycle: Cycle
    study_kind: str
    status: StudentStatus
    data_changed_on: str
    has_photo: bool
    note: Trouble

    @property
    def name(self) -> str:
        return f"{self.given_names} {self.family_name}".strip()


def sample_students() -> list[SampleStudent]:
    """A hundred of each institution, the demo's own first. No two have a subject or a number in common."""
    taken = {student.subject for student in STUDENTS}
    return [student for institution in FIRST_NUMBERS for student in _students_of(institution, taken)]


def _students_of(institution: str, taken: set[str]) -> Iterator[SampleStudent]:
    chance = Random(f"students of {institution}")  # noqa: S311 (always the same people, and no secret)
    known = [student for student in STUDENTS if student.institution == institution]
    foreign = list(FOREIGN[institution == "pwr" :: 2])
    number = FIRST_NUMBERS[institution]
    for place in range(EACH):
        demo = known[place] if place < len(known) else None
        sex, given, family, complexion = _who(chance, demo, foreign if place % 12 == 5 else [])
        trouble = demo.trouble if demo else TROUBLES.get(place, "")
        cycle = _cycle(chance, trouble)
        number += chance.randint(1, 40)
        subject = demo.subject if demo else _subject(given, family, taken)
        born = _born(chance, cycle)
        pesel = _pesel(chance, born, sex)
        yield SampleStudent(
            institution=institution,
            subject=subject,
            student_number="" if "number" in trouble else str(number),
            given_names=given,
            family_name=family,
            sex=sex,
            complexion=complexion,
            birth_date=born,
            pesel="" if "PESEL" in trouble else pesel,
            email=f"{subject}@student.{institution}.example",
            programme=_programme(chance, institution, cycle),
            cycle=cycle,
            study_kind="part_time" if chance.random() < 0.15 else "full_time",
            status=next((status for word, status in _STATUSES.items() if word in trouble), "active"),
            data_changed_on=f"{YEAR}-09-14" if "data" in trouble else "",
            has_photo="photo" not in trouble and "number" not in trouble,
            note=trouble,
        )


def _who(
    chance: Random, demo: DemoStudent | None, foreign: list[tuple[Sex, str, str, Complexion]]
) -> tuple[Sex, str, str, Complexion]:
    if demo:
        return demo.sex, demo.given_names, demo.family_name, "light"
    if foreign:
        return foreign.pop()
    sex: Sex = chance.choice(("female", "male"))
    given, family = _often(chance, GIVEN[sex]), _often(chance, FAMILY)
    if chance.random() < 0.25:
        given = f"{given} {chance.choice([name for name in GIVEN[sex] if name != given])}"
    form = 0 if sex == "female" else 1
    if sex == "female" and chance.random() < 0.08:
        return sex, given, f"{family[form]}-{chance.choice(FAMILY)[form]}", "light"
    return sex, given, family[form], "light"


def _often(chance: Random, ranked: Sequence[T]) -> T:
    """The first twice as often as the third, and so on: names are not evenly spread."""
    return chance.choices(ranked, [1 / (2 + rank) for rank in range(len(ranked))])[0]


def _cycle(chance: Random, trouble: Trouble) -> Cycle:
    if trouble in {"doctoral", "postgraduate"}:
        return "doctoral" if trouble == "doctoral" else "postgraduate"
    cycles: tuple[Cycle, ...] = ("first", "second", "long")
    return chance.choices(cycles, (60, 30, 10))[0]


def _programme(chance: Random, institution: str, cycle: Cycle) -> str:
    long = [name for name in PROGRAMMES[institution] if name in LONG_PROGRAMMES]
    others = [name for name in PROGRAMMES[institution] if name not in LONG_PROGRAMMES]
    return chance.choice(long if long and cycle == "long" else others)


def _born(chance: Random, cycle: Cycle) -> date:
    youngest, oldest = _AGES[cycle]
    return date(YEAR - chance.randint(youngest, oldest), 1, 1) + timedelta(days=chance.randrange(365))


def _pesel(chance: Random, born: date, sex: Sex) -> str:
    """The month tells the century, the tenth digit the sex: even for a woman."""
    month = born.month + (20 if born.year >= 2000 else 0)
    of_sex = 2 * chance.randrange(5) + (sex == "male")
    first_ten = f"{born.year % 100:02}{month:02}{born.day:02}{chance.randrange(1000):03}{of_sex}"
    return first_ten + check_digit(first_ten)


def _subject(given: str, family: str, taken: set[str]) -> str:
    names = ".".join(word.split()[0] for word in (given, family) if word)
    plain = unicodedata.normalize("NFKD", names.translate(_ASCII)).encode("ascii", "ignore").decode().lower()
    subject = next(one for one in (plain, *(f"{plain}{n}" for n in range(2, 99))) if one not in taken)
    taken.add(subject)
    return subject
