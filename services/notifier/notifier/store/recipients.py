"""Recipients: how far their inboxes go, and when they want quiet."""

from collections.abc import Sequence

from eventing import Connection
from notifier.domain import QuietHours, Recipient


async def last_entries(conn: Connection, recipients: Sequence[Recipient]) -> dict[Recipient, int]:
    """The newest entry of each inbox; an empty one may be left out."""
    rows = await conn.fetch(
        """
        select institution_id, student_ref, last_entry
        from unnest($1::text[], $2::uuid[]) as k (institution_id, student_ref)
        join recipients using (institution_id, student_ref)
        """,
        [recipient.institution_id for recipient in recipients],
        [recipient.student_ref for recipient in recipients],
    )
    return {Recipient(row["institution_id"], row["student_ref"]): row["last_entry"] for row in rows}


async def quiet_hours(conn: Connection, recipient: Recipient) -> QuietHours | None:
    row = await conn.fetchrow(
        """
        select quiet_from, quiet_until from recipients
        where institution_id = $1 and student_ref = $2 and quiet_from is not null
        """,
        recipient.institution_id,
        recipient.student_ref,
    )
    return QuietHours(row["quiet_from"], row["quiet_until"]) if row else None


async def save_quiet_hours(conn: Connection, recipient: Recipient, hours: QuietHours | None) -> None:
    await conn.execute(
        """
        insert into recipients (institution_id, student_ref, quiet_from, quiet_until) values ($1, $2, $3, $4)
        on conflict (institution_id, student_ref) do update
            set quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until
        """,
        recipient.institution_id,
        recipient.student_ref,
        hours.start if hours else None,
        hours.end if hours else None,
    )
