"""Everybody whom the identity provider knows: the sample students, and a clerk for each institution."""

from dataclasses import dataclass

from devstack.samples.accounts import CLERKS, STUDENTS
from devstack.samples.people import sample_students


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. `note` says what is unusual; `shown`: the demo offers this one by name."""

    institution: str
    subject: str
    name: str
    email: str
    note: str = ""
    is_clerk: bool = False
    shown: bool = False

    @property
    def may_order(self) -> bool:
        return not (self.is_clerk or self.note)

    def claims(self) -> dict[str, str]:
        return {"institution": self.institution, "name": self.name, "email": self.email}


def all_accounts() -> list[Account]:
    """Students first, those of the demo before the others of their institution."""
    return [*_students(), *_clerks()]


def those_who_may_order() -> list[Account]:
    return [account for account in all_accounts() if account.may_order]


def _students() -> list[Account]:
    known = {student.subject for student in STUDENTS}
    return [
        Account(
            institution=student.institution,
            subject=student.subject,
            name=student.name,
            email=student.email,
            note=student.note,
            shown=student.subject in known,
        )
        for student in sample_students()
    ]


def _clerks() -> list[Account]:
    return [
        Account(
            institution=clerk.institution,
            subject=clerk.subject,
            name=clerk.name,
            email=clerk.email,
            note="clerk of the dean's office",
            is_clerk=True,
            shown=True,
        )
        for clerk in CLERKS
    ]
