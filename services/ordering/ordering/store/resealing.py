"""Values that are sealed under this service's own keys, for the day when a key changes."""

from collections.abc import Sequence
from uuid import UUID

from eventing import Connection
from servicekit.resealing import SealedRow


async def pesels(conn: Connection, after: UUID, key_id: str, limit: int) -> list[SealedRow]:
    """Of students beyond this one that are not under this key; locked."""
    rows = await conn.fetch(
        """
        select student_ref as id, institution_id, pesel_sealed as sealed from students
        where student_ref > $1 and split_part(pesel_sealed, '.', 1) <> $2
        order by student_ref limit $3 for no key update
        """,
        after,
        key_id,
        limit,
    )
    return [SealedRow(**row) for row in rows]


async def save_pesels(conn: Connection, student_refs: Sequence[UUID], sealed: Sequence[str]) -> None:
    await conn.execute(
        """
        update students s set pesel_sealed = n.sealed
        from unnest($1::uuid[], $2::text[]) as n (student_ref, sealed) where s.student_ref = n.student_ref
        """,
        student_refs,
        sealed,
    )
