"""PESEL, the Polish national identification number: ten digits with a birth date, and a check digit. Pure.

Nothing that is told about a wrong number repeats the number.
"""

import re
from datetime import date

_ELEVEN_DIGITS = re.compile(r"[0-9]{11}")
_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
_CENTURIES = {0: 1900, 20: 2000, 40: 2100, 60: 2200, 80: 1800}  # by what is added to the month


class WrongPesel(ValueError):
    """The number cannot be the person's. Says why."""


def check_pesel(pesel: str, birth_date: date) -> None:
    """Raises `WrongPesel` unless this can be the number of somebody born on that day."""
    if birth_date_in(pesel) != birth_date:
        raise WrongPesel("belongs to another birth date")


def birth_date_in(pesel: str) -> date:
    """Raises `WrongPesel` for what can be nobody's number."""
    if _ELEVEN_DIGITS.fullmatch(pesel) is None:
        raise WrongPesel("is not eleven digits from 0 to 9")
    if check_digit(pesel[:10]) != pesel[10]:
        raise WrongPesel("has a wrong check digit")
    year, month, day = int(pesel[:2]), int(pesel[2:4]), int(pesel[4:6])
    century = month // 20 * 20
    try:
        return date(_CENTURIES[century] + year, month - century, day)
    except ValueError:
        raise WrongPesel("holds a date that does not exist") from None


def check_digit(first_ten: str) -> str:
    total = sum(int(digit) * weight for digit, weight in zip(first_ten, _WEIGHTS, strict=True))
    return str(-total % 10)


def masked(pesel: str) -> str:
    """As long as the number, with its last two characters only."""
    return "*" * len(pesel[:-2]) + pesel[-2:]
