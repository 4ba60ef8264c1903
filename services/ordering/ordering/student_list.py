"""A list of students as a university exports it: CSV, one line each, checked line by line. Pure.

A bad line keeps no good one out, and what is told about it repeats nothing of the person.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ordering.listed_student import COLUMNS, OPTIONAL_COLUMNS, ListedStudent, WrongField

MAX_BYTES = 100_000_000
_DELIMITERS = ",;\t"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_UNIQUE = ("subject", "student_number", "pesel")


class UnusableList(Exception):
    """No line of it can be used. Says why, and the cure."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one line, and what to do about it."""

    line: int
    field: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.field} {self.what}. {self.cure}."


@dataclass(slots=True)
class StudentList:
    """The good lines, and everything that is wrong with the others."""

    lines: int = 0
    students: list[ListedStudent] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_students(content: bytes, today: date) -> StudentList:
    """Every line once: as a student, or with all its faults. Raises `UnusableList`."""
    rows = _lines(content)
    header = next(rows, (1, ""))[1]
    delimiter = max(_DELIMITERS, key=header.count)
    columns = _columns(header, delimiter)
    read = StudentList()
    seen: dict[tuple[str, str], int] = {}
    for line, text in rows:
        read.lines += 1
        faults = _read_line(read, line, text, delimiter, columns, today)
        read.faults += faults or _repeated(read.students, seen)
    return read


def _lines(content: bytes) -> Iterator[tuple[int, str]]:
    """Numbered lines that are not empty. Bytes that are not UTF-8 stay, for their line to be told."""
    if len(content) > MAX_BYTES:
        raise UnusableList("is larger than 100 MB: cut it into several lists")
    if content.startswith(_UTF_16):
        raise UnusableList("is UTF-16: save it as CSV UTF-8")
    text = content.decode("utf-8-sig", errors="surrogateescape")
    for line, row in enumerate(io.StringIO(text, newline=None), start=1):
        if row.strip():
            yield line, row.rstrip("\n")


def _columns(header: str, delimiter: str) -> list[str]:
    columns = [column.strip().strip('"').lower() for column in header.split(delimiter)]
    problems = [
        *(f"has no column {name}: add it" for name in COLUMNS if name not in (*columns, *OPTIONAL_COLUMNS)),
        *(f"has a column that is not known: {name!r:.40}" for name in columns if name not in COLUMNS),
        *(f"has the column {name} twice" for name in COLUMNS if columns.count(name) > 1),
    ]
    if problems:
        raise UnusableList("; ".join(problems) + f". The columns are {', '.join(COLUMNS)}")
    return columns


def _read_line(
    read: StudentList, line: int, text: str, delimiter: str, columns: Sequence[str], today: date
) -> list[Fault]:
    try:
        [values] = csv.reader([text], delimiter=delimiter, strict=True)
    except csv.Error:
        return [Fault(line, "line", "has a stray quotation mark", "Double those inside a field")]
    if len(values) != len(columns):
        cure = f"Put fields that contain {delimiter!r} in quotation marks"
        return [Fault(line, "line", f"has {len(values)} fields instead of {len(columns)}", cure)]
    try:
        row = dict(zip(columns, values, strict=True)) | {"line": line}
        read.students.append(ListedStudent.model_validate(row, context={"today": today}))
    except ValidationError as error:
        return [_fault(line, one) for one in error.errors()]
    return []


def _fault(line: int, error: ErrorDetails) -> Fault:
    name = str(error["loc"][0])
    context = error.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, WrongField):
        return Fault(line, name, cause.what, cause.cure)
    return Fault(line, name, "is not known", f"Use {context['expected']}")


def _repeated(students: list[ListedStudent], seen: dict[tuple[str, str], int]) -> list[Fault]:
    """Takes the last student off again if an earlier line told of the same."""
    student = students[-1]
    keys = [(name, value) for name in _UNIQUE if (value := getattr(student, name))]
    faults = [
        Fault(student.line, name, f"is the same as in line {seen[name, value]}", "Keep one of the two lines")
        for name, value in keys
        if (name, value) in seen
    ]
    if faults:
        students.pop()
    else:
        seen.update(dict.fromkeys(keys, student.line))
    return faults
