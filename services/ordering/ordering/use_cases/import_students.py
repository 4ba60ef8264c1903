"""Take over a part of a list of students, and draw from it what holds for their orders and cards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.eligibility import Student, rights_end
from ordering.listed_student import ListedStudent
from ordering.photos import Photo
from ordering.sealing import Sealers, open_pesel, seal_pesel
from ordering.student_list import Fault
from ordering.use_cases._contact import EMAIL_ALERTS, publish_contact
from ordering.use_cases.extend_graduate import extend_graduate
from ordering.use_cases.hold_student import hold_student
from ordering.use_cases.strike_off_student import strike_off_student
from ordering.use_cases.update_cards import update_cards
from servicekit.institutions import END_OF_DAY, WARSAW

ACTOR = "import"


@dataclass(frozen=True, slots=True)
class Change:
    """A student before and after; before the first list there is none."""

    before: Student | None
    after: Student


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of the lines."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    faults: tuple[Fault, ...] = ()

    def __add__(self, other: "Imported") -> "Imported":
        return Imported(
            self.added + other.added,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.faults + other.faults,
        )


async def import_students(
    work: UnitOfWork,
    sealers: Sealers,
    institution_id: str,
    listed: Sequence[ListedStudent],
    photos: Mapping[int, Photo],
) -> Imported:
    """`photos`: by line; without a new one a student keeps the old one. Doing it again changes nothing."""
    conn = work.connection
    subjects, numbers = [one.subject for one in listed], [one.student_number for one in listed]
    known = await store.imports.lock_known(conn, institution_id, subjects, numbers)
    faults = _taken_numbers(listed, known)
    before = {student.subject: student for student in known}
    refused = {fault.line for fault in faults}
    changes = [
        _change(work, sealers, institution_id, one, before.get(one.subject), photos.get(one.line))
        for one in listed
        if one.line not in refused
    ]
    different = [change for change in changes if change.before != change.after]
    await _save(work, institution_id, different, list(photos.values()))
    await _follow(work, sealers, different)
    added = sum(change.before is None for change in different)
    return Imported(added, len(different) - added, len(changes) - len(different), tuple(faults))


def _taken_numbers(listed: Sequence[ListedStudent], known: Sequence[Student]) -> list[Fault]:
    owners = {student.student_number: student.subject for student in known if student.student_number}
    cure = "Correct it, or import again once that student has another one"
    return [
        Fault(one.line, "student_number", "belongs to another student", cure)
        for one in listed
        if owners.get(one.student_number, one.subject) != one.subject
    ]


def _change(
    work: UnitOfWork,
    sealers: Sealers,
    institution_id: str,
    listed: ListedStudent,
    before: Student | None,
    photo: Photo | None,
) -> Change:
    student_ref = before.student_ref if before else work.new_id()
    kept_photo = before.photo_sha256 if before else None
    after = _student(institution_id, student_ref, listed, photo.sha256 if photo else kept_photo)
    if before:
        after = replace(after, office_hold=before.office_hold, hold_version=before.hold_version)
    if after.status == "graduated":
        after = replace(after, rights_until=_rights_end(work, listed, before))
    return Change(before, replace(after, pesel_sealed=_sealed(sealers, before, after, listed.pesel)))


def _rights_end(work: UnitOfWork, listed: ListedStudent, before: Student | None) -> datetime | None:
    """Without a day in the list, that of the first list which told it counts, and stays."""
    told_before = before and (before.status, before.cycle) == (listed.status, listed.cycle)
    if before and told_before and not listed.graduated_on:
        return before.rights_until
    return rights_end(listed.cycle, listed.graduated_on or work.now.astimezone(WARSAW).date())


def _student(
    institution_id: str, student_ref: UUID, listed: ListedStudent, photo_sha256: str | None
) -> Student:
    """As listed, without a number that is still to be sealed, and without a hold of the office."""
    return Student(
        student_ref=student_ref,
        institution_id=institution_id,
        subject=listed.subject,
        student_number=listed.student_number,
        given_names=listed.given_names,
        family_name=listed.family_name,
        birth_date=listed.birth_date,
        pesel_sealed=None,
        email=listed.email,
        status=listed.status,
        programme=listed.programme,
        cycle=listed.cycle,
        study_kind=listed.study_kind,
        plastic_card_valid_until=listed.plastic_card_valid_until,
        data_changed_at=_instant(listed.data_changed_on, time()),
        photo_sha256=photo_sha256,
        card_valid_until=_instant(listed.card_valid_until, END_OF_DAY),
        office_hold=False,
        hold_version=0,
    )


def _sealed(sealers: Sealers, before: Student | None, after: Student, pesel: str) -> str | None:
    """The same number keeps its seal: a new one would look like a change."""
    if not pesel:
        return None
    if before and open_pesel(sealers.students, before) == pesel:
        return before.pesel_sealed
    return seal_pesel(sealers.students, after.institution_id, after.student_ref, pesel)


def _instant(day: date | None, at: time) -> datetime | None:
    return datetime.combine(day, at, WARSAW).astimezone(UTC) if day else None


async def _save(
    work: UnitOfWork, institution_id: str, changes: Sequence[Change], photos: Sequence[Photo]
) -> None:
    if not changes:
        return
    used = {change.after.photo_sha256 for change in changes}
    former = {change.before.photo_sha256 for change in changes if change.before} - used
    new = {photo.sha256: photo for photo in photos if photo.sha256 in used}
    conn = work.connection
    await store.imports.add_photos(conn, institution_id, list(new.values()), work.now)
    await store.imports.save(conn, institution_id, [change.after for change in changes], work.now)
    await store.students.delete_unused_photos(conn, institution_id, [sha256 for sha256 in former if sha256])


async def _follow(work: UnitOfWork, sealers: Sealers, changes: Sequence[Change]) -> None:
    """Orders and cards learn of it in the same transaction."""
    await store.imports.lock_orders(
        work.connection, [change.after.student_ref for change in changes if change.before]
    )
    for change in changes:
        await _follow_status(work, change)
        await _follow_data(work, sealers, change)
        await _follow_contact(work, sealers, change)


async def _follow_status(work: UnitOfWork, change: Change) -> None:
    before, after = change.before, change.after
    if before and (before.status, before.rights_until) == (after.status, after.rights_until):
        return
    if not after.keeps_card(work.now):
        await strike_off_student(work, after.student_ref, by="system", actor_ref=ACTOR)
    elif after.status == "suspended":
        await hold_student(work, after.student_ref, hold=True, actor_ref=ACTOR, reason="rights_suspended")
    elif after.office_hold:
        await hold_student(work, after.student_ref, hold=False, actor_ref=ACTOR, reason="rights_restored")
    if before and after.rights_until and after.keeps_card(work.now):
        await extend_graduate(work, after, actor_ref=ACTOR)


async def _follow_data(work: UnitOfWork, sealers: Sealers, change: Change) -> None:
    before, after = change.before, change.after
    if before is None or not after.keeps_card(work.now) or before.shown() == after.shown():
        return
    await update_cards(work, sealers, after, actor_ref=ACTOR)


async def _follow_contact(work: UnitOfWork, sealers: Sealers, change: Change) -> None:
    before, after = change.before, change.after
    if before is None or (before.email, before.given_names) == (after.email, after.given_names):
        return
    orders = await store.orders.of_student(work.connection, after.student_ref)
    email_alerts = await store.consents.stands(work.connection, after.student_ref, EMAIL_ALERTS)
    publish_contact(work, sealers, after, orders, email_alerts=email_alerts)
