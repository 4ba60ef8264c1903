from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordering.pesel import WrongPesel, birth_date_in, check_digit, check_pesel, masked

BORN = date(2002, 7, 8)
PESEL = "02270803624"
CENTURIES = {18: 80, 19: 0, 20: 20, 21: 40, 22: 60}

pesels = st.tuples(st.dates(date(1800, 1, 1), date(2299, 12, 31)), st.integers(0, 9999))


def pesel_of(born: date, serial: int) -> str:
    month = born.month + CENTURIES[born.year // 100]
    first_ten = f"{born.year % 100:02}{month:02}{born.day:02}{serial:04}"
    return first_ten + check_digit(first_ten)


def test_a_number_of_that_birth_date_is_right() -> None:
    check_pesel(PESEL, BORN)


@pytest.mark.parametrize(
    ("pesel", "born"),
    [
        ("44051401359", date(1944, 5, 14)),  # the example that textbooks use
        ("00810100006", date(1800, 1, 1)),
        ("02270803624", date(2002, 7, 8)),
        ("00522900005", date(2100, 12, 29)),
    ],
)
def test_the_month_tells_the_century(pesel: str, born: date) -> None:
    assert birth_date_in(pesel[:10] + check_digit(pesel[:10])) == born


def test_a_published_number_has_its_published_check_digit() -> None:
    assert check_digit("4405140135") == "9"


@given(pesels)
def test_every_birth_date_of_five_centuries_is_read_back(person: tuple[date, int]) -> None:
    assert birth_date_in(pesel_of(*person)) == person[0]


@given(pesels, st.integers(0, 10), st.integers(1, 9))
def test_one_wrong_digit_is_always_found(person: tuple[date, int], place: int, by: int) -> None:
    right = pesel_of(*person)
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]

    with pytest.raises(WrongPesel):
        birth_date_in(wrong)


@pytest.mark.parametrize(
    "pesel",
    [
        "",
        "0227080362",
        "022708036244",
        "0227080362a",
        " 2270803624",
        "02270803624\n",
        "０２２７０８０３６２４",
        "٠٢٢٧٠٨٠٣٦٢٤",
        "022708036²4",
    ],
)
def test_only_eleven_ascii_digits_are_a_number(pesel: str) -> None:
    with pytest.raises(WrongPesel, match="is not eleven digits"):
        birth_date_in(pesel)


@pytest.mark.parametrize("first_ten", ["0202300001", "0200010001", "0213010001", "0222290001", "0227000001"])
def test_a_day_that_never_was_is_refused(first_ten: str) -> None:
    with pytest.raises(WrongPesel, match="holds a date that does not exist"):
        birth_date_in(first_ten + check_digit(first_ten))


def test_somebody_elses_birth_date_is_refused() -> None:
    with pytest.raises(WrongPesel, match="belongs to another birth date"):
        check_pesel(PESEL, date(1902, 7, 8))


def test_what_is_told_shows_two_digits_at_most() -> None:
    assert masked(PESEL) == "*********24"
    with pytest.raises(WrongPesel) as caught:
        check_pesel("02270803625", BORN)
    assert "022708" not in str(caught.value)
