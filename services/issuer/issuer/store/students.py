"""Students as far as the issuer has to know them: the office's hold, and the lock for a switch of cards."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from eventing import Connection
from issuer.domain import Student


async def put_holds(conn: Connection, students: Sequence[Student]) -> list[Student]:
    """Make or lock the students' rows, in the order given, and keep each hold of a higher version.

    Returns those of them who were known before: nobody else has a card.
    """
    rows = await conn.fetch(
        """
        insert into students as s (institution_id, student_ref, office_hold, hold_version)
        select * from unnest($1::text[], $2::uuid[], $3::boolean[], $4::bigint[])
        on conflict (institution_id, student_ref) do update
        set office_hold = excluded.office_hold, hold_version = excluded.hold_version
        where excluded.hold_version > s.hold_version
        returning new.*, old.student_ref is not null as was_known
        """,
        [student.institution_id for student in students],
        [student.student_ref for student in students],
        [student.office_hold for student in students],
        [student.hold_version for student in students],
    )
    return [_student(row) for row in rows if row["was_known"]]


async def lock_student(conn: Connection, institution_id: str, student_ref: UUID) -> Student | None:
    row = await conn.fetchrow(
        "select * from students where institution_id = $1 and student_ref = $2 for update",
        institution_id,
        student_ref,
    )
    return _student(row) if row else None


async def lock_students_of(conn: Connection, order_ids: Sequence[UUID]) -> None:
    await conn.execute(
        """
        select from students s
        where (s.institution_id, s.student_ref) in (
            select c.institution_id, c.student_ref from credentials c where c.order_id = any($1::uuid[])
        )
        order by s.institution_id, s.student_ref for update
        """,
        order_ids,
    )


async def forget_students(conn: Connection, students: Sequence[tuple[str, UUID]]) -> None:
    """Delete the students of whom no order is left."""
    await conn.execute(
        """
        delete from students s
        using unnest($1::text[], $2::uuid[]) as e (institution_id, student_ref)
        where s.institution_id = e.institution_id and s.student_ref = e.student_ref and not exists (
            select from credentials c
            where c.institution_id = e.institution_id and c.student_ref = e.student_ref
        )
        """,
        [institution_id for institution_id, _ in students],
        [student_ref for _, student_ref in students],
    )


def _student(row: asyncpg.Record) -> Student:
    return Student(row["institution_id"], row["student_ref"], row["office_hold"], row["hold_version"])
