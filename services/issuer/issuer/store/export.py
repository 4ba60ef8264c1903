"""Everything that stands in this database about one student, as rows."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from eventing import Connection

Rows = list[dict[str, Any]]


async def credentials_of(conn: Connection, institution_id: str, student_ref: UUID) -> Rows:
    rows = await conn.fetch(
        """
        select c.*, l.number as status_list, e.idx as status_index, e.status
        from credentials c
        left join status_entries e on e.order_id = c.order_id and e.instance = 0
        left join status_lists l using (list_id)
        where c.institution_id = $1 and c.student_ref = $2 order by c.order_id
        """,
        institution_id,
        student_ref,
    )
    return [{name: value for name, value in row.items() if name != "notification_id"} for row in rows]


async def further_instances_of(conn: Connection, order_id: UUID) -> Rows:
    rows = await conn.fetch(
        """
        select i.holder_jwk, i.holder_jkt, l.number as status_list, e.idx as status_index
        from instances i
        left join status_entries e using (order_id, instance) left join status_lists l using (list_id)
        where order_id = $1 order by instance
        """,
        order_id,
    )
    return [dict(row) for row in rows]


async def hold_of(conn: Connection, institution_id: str, student_ref: UUID) -> bool | None:
    hold: bool | None = await conn.fetchval(
        "select office_hold from students where institution_id = $1 and student_ref = $2",
        institution_id,
        student_ref,
    )
    return hold


async def reports_of(conn: Connection, order_ids: Sequence[UUID]) -> Rows:
    rows = await conn.fetch(
        "select * from wallet_reports where order_id = any($1) order by order_id, reported_at", order_ids
    )
    return [dict(row) for row in rows]


async def audit_of(conn: Connection, order_ids: Sequence[UUID]) -> Rows:
    """Without who of the office acted: that is told about somebody else."""
    rows = await conn.fetch(
        """
        select at, order_id, credential_id, action, by, reason from card_audit
        where order_id = any($1) order by id
        """,
        order_ids,
    )
    return [dict(row) for row in rows]
