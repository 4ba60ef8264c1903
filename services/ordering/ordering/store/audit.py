"""Audit lines: who did, or tried, what. Appended, never changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from eventing import Connection


async def add(
    conn: Connection,
    institution_id: str,
    at: datetime,
    actor_ref: str,
    action: str,
    *,
    order_id: UUID | None = None,
    student_ref: UUID | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    await conn.execute(
        """
        insert into audit_lines (institution_id, at, actor_ref, action, order_id, student_ref, details)
        values ($1, $2, $3, $4, $5, $6, $7)
        """,
        institution_id,
        at,
        actor_ref,
        action,
        order_id,
        student_ref,
        details or {},
    )


async def about_student(conn: Connection, student_ref: UUID) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = await conn.fetch(
        "select at, action, order_id from audit_lines where student_ref = $1 order by audit_id", student_ref
    )
    return rows


async def institution_of_erased(conn: Connection, student_ref: UUID) -> str | None:
    """Where a student was who has been erased; all that is known of them is the audit."""
    institution_id: str | None = await conn.fetchval(
        "select institution_id from audit_lines where student_ref = $1 and action = 'student_erased' limit 1",
        student_ref,
    )
    return institution_id
