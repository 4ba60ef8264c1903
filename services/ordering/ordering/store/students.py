"""Students as orders need them. The import writes them in `imports`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from eventing import Connection
from ordering.eligibility import Student


async def find(conn: Connection, institution_id: str, subject: str) -> Student | None:
    row = await conn.fetchrow(
        "select * from students where institution_id = $1 and subject = $2", institution_id, subject
    )
    return student_of(row) if row else None


async def lock(conn: Connection, student_ref: UUID) -> Student | None:
    """Whoever orders, or changes what holds for all orders of a student, does so alone."""
    row = await conn.fetchrow("select * from students where student_ref = $1 for no key update", student_ref)
    return student_of(row) if row else None


async def lock_with_ended_rights(conn: Connection, now: datetime, limit: int) -> list[UUID]:
    """Students whose rights have ended, and who have an open order or a card that would be valid still."""
    rows = await conn.fetch(
        """
        select s.student_ref from students s
        where s.rights_until < $1 and exists (
            select from orders o where o.student_ref = s.student_ref and (
                o.state in ('PLACED', 'READY', 'LOCKED')
                or o.card_issued_at is not null and o.card_end is null and o.card_valid_until > $1
                    and not exists (
                        select from open_questions q where q.order_id = o.order_id and q.question = 'revoke'
                    )
            )
        )
        order by s.student_ref limit $2 for no key update of s skip locked
        """,
        now,
        limit,
    )
    return [row["student_ref"] for row in rows]


async def hold(conn: Connection, student_ref: UUID, office_hold: bool) -> int:
    """Set or lift the office's hold; answers its new version."""
    version: int = await conn.fetchval(
        """
        update students set office_hold = $2, hold_version = hold_version + 1
        where student_ref = $1 returning hold_version
        """,
        student_ref,
        office_hold,
    )
    return version


async def raise_hold_versions(conn: Connection, version: int) -> None:
    await conn.execute("update students set hold_version = $1 where hold_version < $1", version)


async def photo(conn: Connection, institution_id: str, sha256: str) -> bytes | None:
    jpeg: bytes | None = await conn.fetchval(
        "select jpeg from photos where institution_id = $1 and sha256 = $2", institution_id, sha256
    )
    return jpeg


async def erase(conn: Connection, student: Student, photos: Sequence[str]) -> None:
    """Delete a student whose orders are gone, with those photos that nobody else uses."""
    await conn.execute("delete from consents where student_ref = $1", student.student_ref)
    await conn.execute("delete from students where student_ref = $1", student.student_ref)
    await delete_unused_photos(conn, student.institution_id, photos)


async def delete_unused_photos(conn: Connection, institution_id: str, photos: Sequence[str]) -> None:
    """Those of them that no student and no order has."""
    await conn.execute(
        """
        delete from photos p where p.institution_id = $1 and p.sha256 = any($2)
            and not exists (select from students s where (s.institution_id, s.photo_sha256) = ($1, p.sha256))
            and not exists (select from orders o where (o.institution_id, o.photo_sha256) = ($1, p.sha256))
            and not exists (
                select from orders o where (o.institution_id, o.former_photo_sha256) = ($1, p.sha256)
            )
        """,
        institution_id,
        photos,
    )


def student_of(row: asyncpg.Record) -> Student:
    return Student(**{name: row[name] for name in Student.__slots__})
