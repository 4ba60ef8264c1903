"""Clerks, and what they look up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from eventing import Connection
from ordering.eligibility import Student
from ordering.store.students import student_of


async def find(conn: Connection, institution_id: str, subject: str) -> UUID | None:
    """The reference of a clerk of this institution; none for everybody else."""
    clerk: UUID | None = await conn.fetchval(
        "select clerk_ref from clerks where institution_id = $1 and subject = $2 and removed_at is null",
        institution_id,
        subject,
    )
    return clerk


async def find_former(conn: Connection, institution_id: str, subject: str) -> UUID | None:
    """The reference of somebody who was a clerk and is none any more."""
    clerk: UUID | None = await conn.fetchval(
        "select clerk_ref from clerks where institution_id = $1 and subject = $2 and removed_at is not null",
        institution_id,
        subject,
    )
    return clerk


async def add(conn: Connection, clerk: UUID, institution_id: str, subject: str, now: datetime) -> UUID | None:
    """None when this person is a clerk already. Who was one before has the same reference again."""
    added: UUID | None = await conn.fetchval(
        """
        insert into clerks (clerk_ref, institution_id, subject, added_at) values ($1, $2, $3, $4)
        on conflict (institution_id, subject) do update set removed_at = null
            where clerks.removed_at is not null
        returning clerk_ref
        """,
        clerk,
        institution_id,
        subject,
        now,
    )
    return added


async def remove(conn: Connection, institution_id: str, subject: str, now: datetime) -> UUID | None:
    """None when this person was no clerk. The row stays: the audit names clerks by reference alone."""
    removed: UUID | None = await conn.fetchval(
        """
        update clerks set removed_at = $3
        where institution_id = $1 and subject = $2 and removed_at is null returning clerk_ref
        """,
        institution_id,
        subject,
        now,
    )
    return removed


async def search_students(
    conn: Connection, institution_id: str, words: Sequence[str], after: UUID | None, limit: int
) -> list[Student]:
    """Whose number is one of the words, or of whom some name begins with each; Polish marks do not matter.

    In the order of references, so that pages do not shift.
    """
    rows = await conn.fetch(
        """
        select s.* from students s
        where s.institution_id = $1 and ($3::uuid is null or s.student_ref > $3) and (
            s.student_number = any($2::text[])
            or not exists (
                select from unnest($2::text[]) as w (word)
                where not exists (
                    select
                    from regexp_split_to_table(s.given_names || ' ' || s.family_name, '[ -]') as n (name)
                    where starts_with(
                        translate(lower(n.name), 'ąćęłńóśźż', 'acelnoszz'),
                        translate(lower(w.word), 'ąćęłńóśźż', 'acelnoszz')
                    )
                )
            )
        )
        order by s.student_ref limit $4
        """,
        institution_id,
        words,
        after,
        limit,
    )
    return [student_of(row) for row in rows]


async def student(conn: Connection, institution_id: str, student_ref: UUID) -> Student | None:
    """Of another institution there is none."""
    row = await conn.fetchrow(
        "select * from students where institution_id = $1 and student_ref = $2", institution_id, student_ref
    )
    return student_of(row) if row else None


async def strike_off(conn: Connection, student_ref: UUID) -> None:
    """As a list would tell it; the next list that says otherwise counts."""
    await conn.execute("update students set status = 'struck_off' where student_ref = $1", student_ref)


async def order_of_card(conn: Connection, institution_id: str, credential_id: UUID) -> UUID | None:
    order_id: UUID | None = await conn.fetchval(
        """
        select order_id from orders
        where institution_id = $1 and credential_id = $2 and card_issued_at is not null
        """,
        institution_id,
        credential_id,
    )
    return order_id
