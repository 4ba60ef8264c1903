import unicodedata
from datetime import date

import pytest

from ordering.listed_student import COLUMNS
from ordering.student_list import Fault, StudentList, UnusableList, read_students

TODAY = date(2026, 11, 22)
PESEL = "02270803624"
ANNA = {
    "subject": "anna",
    "student_number": "123456",
    "given_names": "Anna Maria",
    "family_name": "Wójcik-Żak",
    "birth_date": "2002-07-08",
    "pesel": PESEL,
    "email": "anna@umcs.example",
    "status": "active",
    "programme": "Informatyka",
    "cycle": "first",
    "study_kind": "full_time",
    "plastic_card_valid_until": "",
    "data_changed_on": "",
    "card_valid_until": "",
    "graduated_on": "",
}
JAN = ANNA | {"subject": "jan", "student_number": "654321", "given_names": "Jan", "pesel": ""}


def written(*rows: dict[str, str], delimiter: str = ",", end: str = "\n") -> str:
    return end.join(delimiter.join(row) for row in [COLUMNS, *(row.values() for row in rows)]) + end


def read(*rows: dict[str, str]) -> StudentList:
    return read_students(written(*rows).encode(), TODAY)


def only_fault(*rows: dict[str, str]) -> Fault:
    [fault] = read(*rows).faults
    return fault


def test_a_line_becomes_a_student() -> None:
    [student] = read(ANNA | {"card_valid_until": "2027-02-28"}).students

    assert (student.line, student.subject, student.given_names) == (2, "anna", "Anna Maria")
    assert student.birth_date == date(2002, 7, 8)
    assert student.card_valid_until == date(2027, 2, 28)
    assert student.data_changed_on is None


def test_nothing_of_the_person_is_printed_with_a_student() -> None:
    [student] = read(ANNA).students

    assert not any(private in repr(student) for private in ("anna", "Anna", "Wójcik", PESEL, "2002"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_what_office_programs_write_is_read(delimiter: str, end: str, encoding: str) -> None:
    content = written(ANNA, JAN, delimiter=delimiter, end=end).encode(encoding)

    assert [one.line for one in read_students(content, TODAY).students] == [2, 3]


def test_empty_lines_are_passed_over_and_counted_as_lines_of_the_file() -> None:
    head, anna, *_ = written(ANNA).splitlines()

    students = read_students(f"{head}\n\n  \n{anna}\n".encode(), TODAY)

    assert (students.lines, students.students[0].line) == (1, 4)


def test_quoted_fields_may_hold_the_delimiter() -> None:
    [student] = read(ANNA | {"programme": '"Chemia, fizyka ""i"" biologia"'}).students

    assert student.programme == 'Chemia, fizyka "i" biologia'


def test_decomposed_letters_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "Wójcik-Żak")
    assert decomposed != "Wójcik-Żak"

    [student] = read(ANNA | {"family_name": decomposed}).students

    assert student.family_name == "Wójcik-Żak"


@pytest.mark.parametrize(
    "name",
    ["O’Brien", "O'Brien", "Żak-Ślązak", "<b>Bobby</b>", "محمد", "Nguyễn Thị Ánh", "李", "Zoë 🎓", "x" * 100],
)
def test_unusual_names_are_kept_as_they_are(name: str) -> None:
    assert read(ANNA | {"family_name": name}).students[0].family_name == name


def test_one_name_is_enough() -> None:
    [student] = read(ANNA | {"given_names": "", "family_name": "Suharto"}).students

    assert (student.given_names, student.family_name) == ("", "Suharto")


def test_spaces_around_and_between_are_put_in_order() -> None:
    assert read(ANNA | {"given_names": " Anna\u00a0  Maria "}).students[0].given_names == "Anna Maria"


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [
        ("subject", "", "is no subject"),
        ("subject", "an na", "is no subject"),
        ("subject", "a" * 256, "is no subject"),
        ("student_number", "../../etc", "is no student number"),
        ("student_number", "１２３４５６", "is no student number"),
        ("given_names", "A" * 101, "is longer than 100 characters"),
        ("family_name", "Wój\0cik", "has characters that cannot be seen"),
        ("family_name", "\u202eWójcik", "has characters that cannot be seen"),
        ("birth_date", "8.07.2002", "is no day"),
        ("birth_date", "２００２-07-08", "is no day"),
        ("birth_date", "2002-02-30", "is a day that does not exist"),
        ("birth_date", "2030-07-08", "is in the future"),
        ("birth_date", "1899-12-31", "is before 1900"),
        ("data_changed_on", "0001-01-01", "is before 1900"),
        ("card_valid_until", "0001-01-01", "is before 1900"),
        ("pesel", "02270803625", "*********25 has a wrong check digit"),
        ("pesel", "０２２７０８０３６２４", "*********２４ is not eleven digits from 0 to 9"),
        ("pesel", "02023000010", "*********10 holds a date that does not exist"),
        ("pesel", "44051401359", "*********59 belongs to another birth date"),
        ("email", "anna", "is no e-mail address"),
        ("email", "anna@umcs.example>", "is no e-mail address"),
        ("email", f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.example", "is no e-mail address"),
        ("status", "aktywny", "is not known"),
        ("programme", "", "is empty or longer than 200 characters"),
        ("cycle", "third", "is not known"),
        ("study_kind", "", "is not known"),
        ("card_valid_until", "koniec", "is no day"),
    ],
)
def test_a_wrong_field_is_told_by_line_and_name(field: str, value: str, what: str) -> None:
    fault = only_fault(JAN, ANNA | {field: value})

    assert (fault.line, fault.field, fault.what) == (3, field, what)
    assert fault.cure


def test_all_that_is_wrong_in_a_line_is_told_at_once() -> None:
    faults = read(ANNA | {"status": "?", "email": "?", "birth_date": "?", "pesel": "?"}).faults

    assert [fault.field for fault in faults] == ["birth_date", "pesel", "email", "status"]


def test_a_person_without_any_name_is_refused() -> None:
    fault = only_fault(ANNA | {"given_names": "", "family_name": " "})

    assert str(fault) == (
        "line 2: family_name is empty, and given_names is. Give the only name as one of them."
    )


def test_what_is_told_repeats_nothing_of_the_person() -> None:
    faults = read(
        ANNA
        | {"pesel": "02270803625", "email": "anna.wójcik", "given_names": "\0Anna", "birth_date": "2002-7-8"}
    ).faults

    told = " ".join(str(fault) for fault in faults)
    assert len(faults) == 4
    assert not any(private in told for private in ("022708", "wójcik", "Anna", "2002"))


@pytest.mark.parametrize("field", ["subject", "student_number", "pesel"])
def test_the_second_line_about_somebody_is_refused(field: str) -> None:
    fault = only_fault(ANNA, JAN | {field: ANNA[field]})

    assert (fault.line, fault.field, fault.what) == (3, field, "is the same as in line 2")


def test_many_may_have_no_number_and_no_pesel() -> None:
    without = {"student_number": "", "pesel": ""}

    assert len(read(ANNA | without, JAN | without).students) == 2


def test_a_line_with_another_number_of_fields_is_refused() -> None:
    fault = only_fault(ANNA, JAN | {"programme": "Chemia, fizyka"})

    assert (fault.line, fault.what) == (3, "has 16 fields instead of 15")


def test_a_stray_quotation_mark_spoils_its_own_line_only() -> None:
    told = read(ANNA | {"programme": '"Informatyka'}, JAN)

    assert [(fault.line, fault.what) for fault in told.faults] == [(2, "has a stray quotation mark")]
    assert [student.subject for student in told.students] == ["jan"]


def test_an_endless_field_is_refused() -> None:
    assert only_fault(ANNA | {"programme": "x" * 200_000}).line == 2


def test_only_the_lines_that_are_not_utf_8_are_refused() -> None:
    head, anna, jan = written(ANNA, JAN | {"family_name": "Kowal"}).splitlines()
    content = b"\n".join([head.encode(), anna.encode("cp1250"), jan.encode()])

    told = read_students(content, TODAY)

    assert [(fault.line, fault.field, fault.what) for fault in told.faults] == [
        (2, "family_name", "is not UTF-8")
    ]
    assert [student.subject for student in told.students] == ["jan"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "has no column subject: add it"),
        (written(ANNA).encode("utf-16"), "is UTF-16: save it as CSV UTF-8"),
        (written(ANNA).replace("pesel", "pesl").encode(), "has a column that is not known: 'pesl'"),
        (written(ANNA).replace("email", "status").encode(), "has the column status twice"),
    ],
)
def test_a_list_of_another_kind_is_refused_as_a_whole(content: bytes, why: str) -> None:
    with pytest.raises(UnusableList, match=why):
        read_students(content, TODAY)
