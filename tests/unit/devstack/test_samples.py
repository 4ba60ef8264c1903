"""The sample students and their portraits."""

from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest

from devstack import samples
from devstack.samples import SampleStudent, people, sample_students, write_list, write_samples
from devstack.samples.accounts import CLERKS, STUDENTS
from devstack.samples.looks import HAIR_STYLES, look_of
from devstack.samples.portraits import draw_portrait
from ordering.eligibility import Student, why_not
from ordering.listed_student import ListedStudent
from ordering.pesel import check_pesel
from ordering.photos import make_photo
from ordering.student_list import read_students
from servicekit.institutions import load_institutions

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
INSTITUTIONS = Path(__file__).parents[3] / "institutions"


def listed(institution: str, tmp_path: Path) -> dict[str, ListedStudent]:
    """By subject, as the import reads them."""
    students = [student for student in sample_students() if student.institution == institution]
    write_list(tmp_path / "students.csv", students)
    read = read_students((tmp_path / "students.csv").read_bytes(), NOW.date())
    assert read.faults == []
    return {student.subject: student for student in read.students}


def as_imported(sample: SampleStudent, line: ListedStudent) -> Student:
    return Student(
        student_ref=UUID(int=0),
        institution_id=sample.institution,
        subject=line.subject,
        student_number=line.student_number,
        given_names=line.given_names,
        family_name=line.family_name,
        birth_date=line.birth_date,
        pesel_sealed="sealed" if line.pesel else None,
        email=line.email,
        status=line.status,
        programme=line.programme,
        cycle=line.cycle,
        study_kind=line.study_kind,
        plastic_card_valid_until=line.plastic_card_valid_until,
        data_changed_at=NOW if line.data_changed_on else None,
        photo_sha256="photo" if sample.has_photo else None,
        card_valid_until=None,
        office_hold=False,
        hold_version=0,
    )


def test_there_are_a_hundred_of_each_institution() -> None:
    institutions = [student.institution for student in sample_students()]

    assert institutions == ["umcs"] * 100 + ["pwr"] * 100


def test_they_are_always_the_same() -> None:
    assert sample_students() == sample_students()


def test_nobody_shares_subject_number_or_address() -> None:
    students = sample_students()
    numbers = [student.student_number for student in students if student.student_number]

    assert len({student.subject for student in students}) == 200
    assert len({student.email for student in students}) == 200
    assert len(set(numbers)) == len(numbers)


def test_nobody_can_be_reached_by_mistake() -> None:
    assert all(student.email.endswith(".example") for student in sample_students())


def test_every_pesel_tells_birth_date_and_sex() -> None:
    with_pesel = [student for student in sample_students() if student.pesel]

    assert len(with_pesel) > 180
    for student in with_pesel:
        check_pesel(student.pesel, student.birth_date)
        assert (int(student.pesel[9]) % 2 == 1) is (student.sex == "male")


def test_names_have_the_letters_of_the_language() -> None:
    letters = {letter for student in sample_students() for letter in student.name.lower()}

    assert set("ąćęłńóśźż") <= letters


def test_subjects_are_plain() -> None:
    assert all(student.subject.isascii() and student.subject.islower() for student in sample_students())


def test_everybody_has_grown_up() -> None:
    assert all(date(1970, 1, 1) < student.birth_date < date(2009, 1, 1) for student in sample_students())


@pytest.mark.parametrize("institution", ["umcs", "pwr"])
def test_the_import_takes_every_line_and_the_notes_are_true(institution: str, tmp_path: Path) -> None:
    rules = load_institutions(INSTITUTIONS)[institution].rules
    lines = listed(institution, tmp_path)

    for sample in (one for one in sample_students() if one.institution == institution):
        reasons = why_not(as_imported(sample, lines[sample.subject]), rules, NOW)
        if not sample.note:
            assert reasons == ()
        elif sample.note != "without PESEL":
            assert reasons


@pytest.mark.parametrize("institution", ["umcs", "pwr"])
def test_every_kind_of_trouble_is_there(institution: str) -> None:
    notes = {student.note for student in sample_students() if student.institution == institution}

    assert notes == {"", *people.TROUBLES.values()}


def test_the_demos_people_are_the_first_of_their_institution() -> None:
    subjects = [student.subject for student in sample_students()]

    assert subjects[:3] == [student.subject for student in STUDENTS if student.institution == "umcs"]
    assert subjects[100:103] == [student.subject for student in STUDENTS if student.institution == "pwr"]
    assert not {clerk.subject for clerk in CLERKS} & set(subjects)


def test_one_of_the_demo_is_refused_for_several_reasons(tmp_path: Path) -> None:
    rules = load_institutions(INSTITUTIONS)["umcs"].rules
    [sample] = [student for student in sample_students() if student.subject == "kacper.wojcik"]

    reasons = why_not(as_imported(sample, listed("umcs", tmp_path)[sample.subject]), rules, NOW)

    assert reasons == ("STATUS_NOT_ACTIVE", "PHOTO_MISSING", "DATA_CHANGED")


def test_every_way_to_wear_hair_is_met() -> None:
    looks = [look_of(student) for student in sample_students()]

    assert {(look.sex, look.hair_style) for look in looks} == {
        (sex, style) for sex, styles in HAIR_STYLES.items() for style in styles
    }


def test_portraits_are_what_a_card_needs() -> None:
    """Every ninth is drawn: all of them take seconds."""
    for student in sample_students()[::9]:
        portrait = draw_portrait(student)
        file = BytesIO()
        portrait.save(file, "JPEG", quality=90)

        assert portrait.size == (420, 540)
        assert len(make_photo(file.getvalue()).jpeg) <= 15_000


def test_everybody_has_a_face_of_their_own_and_keeps_it() -> None:
    anna, jan = sample_students()[:2]

    assert draw_portrait(anna).tobytes() == draw_portrait(anna).tobytes()
    assert draw_portrait(anna).tobytes() != draw_portrait(jan).tobytes()


def test_photos_are_named_by_number_and_stand_beside_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "sample_students", lambda: sample_students()[:3])
    (tmp_path / "umcs" / "photos").mkdir(parents=True)
    (tmp_path / "umcs" / "photos" / "999.jpg").touch()

    write_samples(tmp_path)

    zofia, stanislaw, *_ = sample_students()
    assert (tmp_path / "umcs" / "students.csv").read_text(encoding="utf-8").count("\n") == 4
    assert {path.name for path in (tmp_path / "umcs" / "photos").iterdir()} == {
        f"{zofia.student_number}.jpg",
        f"{stanislaw.student_number}.jpg",
    }
