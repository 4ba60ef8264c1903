"""Two hundred sample students of two universities, with portraits: drawn, invented, always the same."""

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path

from devstack.samples.people import SampleStudent, sample_students
from devstack.samples.portraits import draw_portrait
from ordering.listed_student import COLUMNS

__all__ = ["SampleStudent", "sample_students", "write_list", "write_photos", "write_samples"]


def write_samples(directory: Path) -> None:
    """`<institution>/students.csv` and `<institution>/photos/<student_number>.jpg`; former ones go."""
    students = sample_students()
    for institution in sorted({student.institution for student in students}):
        folder = directory / institution
        folder.mkdir(parents=True, exist_ok=True)
        theirs = [student for student in students if student.institution == institution]
        write_list(folder / "students.csv", theirs)
        write_photos(folder / "photos", theirs)


def write_list(file: Path, students: Sequence[SampleStudent]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(COLUMNS)
        rows.writerows([getattr(student, column, "") for column in COLUMNS] for student in students)


def write_photos(folder: Path, students: Sequence[SampleStudent]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for student in students:
        if student.has_photo:
            draw_portrait(student).save(folder / f"{student.student_number}.jpg", quality=90)
