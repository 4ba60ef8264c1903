"""Students as lists tell of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventing import Connection
from ordering.eligibility import Student
from ordering.photos import Photo
from ordering.store.students import student_of

_COLUMNS = (
    "student_ref",
    "subject",
    "student_number",
    "given_names",
    "family_name",
    "birth_date",
    "pesel_sealed",
    "email",
    "status",
    "programme",
    "cycle",
    "study_kind",
    "plastic_card_valid_until",
    "data_changed_at",
    "photo_sha256",
    "card_valid_until",
    "rights_until",
)


async def lock_known(
    conn: Connection, institution_id: str, subjects: Sequence[str], numbers: Sequence[str]
) -> list[Student]:
    """Students with one of these subjects or numbers. An institution imports one list at a time."""
    await conn.execute("select pg_advisory_xact_lock(hashtext('import'), hashtext($1))", institution_id)
    rows = await conn.fetch(
        """
        select * from students
        where institution_id = $1 and (subject = any($2) or student_number = any($3) and student_number <> '')
        order by student_ref for no key update
        """,
        institution_id,
        subjects,
        numbers,
    )
    return [student_of(row) for row in rows]


async def lock_orders(conn: Connection, student_refs: Sequence[UUID]) -> None:
    """The orders of several students, in the order in which everybody locks them."""
    await conn.execute(
        "select from orders where student_ref = any($1) order by order_id for no key update", student_refs
    )


async def add_photos(conn: Connection, institution_id: str, photos: Sequence[Photo], now: datetime) -> None:
    await conn.execute(
        """
        insert into photos (institution_id, sha256, jpeg, created_at)
        select $1, p.sha256, p.jpeg, $4 from unnest($2::text[], $3::bytea[]) as p(sha256, jpeg)
        on conflict do nothing
        """,
        institution_id,
        [photo.sha256 for photo in photos],
        [photo.jpeg for photo in photos],
        now,
    )


async def save(conn: Connection, institution_id: str, students: Sequence[Student], now: datetime) -> None:
    """New ones and changed ones. The office's hold is not the list's to change."""
    await conn.execute(
        """
        insert into students (
            institution_id, imported_at, student_ref, subject, student_number, given_names, family_name,
            birth_date, pesel_sealed, email, status, programme, cycle, study_kind, plastic_card_valid_until,
            data_changed_at, photo_sha256, card_valid_until, rights_until
        )
        select $1, $2, s.* from unnest(
            $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::date[], $9::text[], $10::text[],
            $11::text[], $12::text[], $13::text[], $14::text[], $15::date[], $16::timestamptz[],
            $17::text[], $18::timestamptz[], $19::timestamptz[]
        ) as s
        on conflict (student_ref) do update set (
            imported_at, subject, student_number, given_names, family_name, birth_date, pesel_sealed, email,
            status, programme, cycle, study_kind, plastic_card_valid_until, data_changed_at, photo_sha256,
            card_valid_until, rights_until
        ) = (
            excluded.imported_at, excluded.subject, excluded.student_number, excluded.given_names,
            excluded.family_name, excluded.birth_date, excluded.pesel_sealed, excluded.email,
            excluded.status, excluded.programme, excluded.cycle, excluded.study_kind,
            excluded.plastic_card_valid_until, excluded.data_changed_at, excluded.photo_sha256,
            excluded.card_valid_until, excluded.rights_until
        )
        """,
        institution_id,
        now,
        *([getattr(student, column) for student in students] for column in _COLUMNS),
    )
