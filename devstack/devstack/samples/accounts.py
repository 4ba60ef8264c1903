"""The people of the demo by name: always the first of their institution, whatever else the samples hold.

Nobody has a password: this is for the development identity provider only.
"""

from dataclasses import dataclass
from typing import Literal

Trouble = Literal[
    "",
    "without PESEL",
    "without photo",
    "without student number",
    "data changed",
    "suspended",
    "struck off",
    "graduated",
    "doctoral",
    "postgraduate",
    "suspended, without photo, data changed",
]


@dataclass(frozen=True, slots=True)
class DemoStudent:
    """Somebody whom the demo needs. `trouble`: why this one may not order."""

    institution: str
    subject: str
    sex: Literal["female", "male"]
    given_names: str
    family_name: str
    trouble: Trouble = ""


@dataclass(frozen=True, slots=True)
class DemoClerk:
    """Somebody of a dean's office; `python -m ordering add-clerk` makes a clerk of them."""

    institution: str
    subject: str
    name: str
    email: str


SEVERAL: Trouble = "suspended, without photo, data changed"

STUDENTS = (
    DemoStudent("umcs", "zofia.wisniewska", "female", "Zofia", "Wiśniewska"),
    DemoStudent("umcs", "stanislaw.zurawski", "male", "Stanisław", "Żurawski"),
    DemoStudent("umcs", "kacper.wojcik", "male", "Kacper", "Wójcik", SEVERAL),
    DemoStudent("pwr", "mikolaj.zielinski", "male", "Mikołaj", "Zieliński"),
    DemoStudent("pwr", "lucja.golebiewska", "female", "Łucja", "Gołębiewska"),
    DemoStudent("pwr", "hanna.swiatek", "female", "Hanna", "Świątek", SEVERAL),
)

CLERKS = (
    DemoClerk("umcs", "dziekanat.umcs", "Barbara Jasińska", "dziekanat@umcs.example"),
    DemoClerk("pwr", "dziekanat.pwr", "Robert Pawlak", "dziekanat@pwr.example"),
)
