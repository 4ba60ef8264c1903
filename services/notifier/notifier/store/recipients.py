"""Recipients: how far their inboxes go, and how they want to be told."""

from collections.abc import Mapping, Sequence

from eventing import Connection
from notifier.domain import Preferences, QuietHours, Recipient


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


async def take_entries(conn: Connection, counts: Mapping[Recipient, int]) -> dict[Recipient, int]:
    """Take so many entries of each inbox; the number of the first one.

    They are given under the lock of the inbox's row, so a reader who has seen one has seen all before it.
    """
    recipients = sorted(counts, key=lambda one: (one.institution_id, one.student_ref))
    rows = await conn.fetch(
        """
        insert into recipients as r (institution_id, student_ref, last_entry)
        select * from unnest($1::text[], $2::uuid[], $3::bigint[])
        on conflict (institution_id, student_ref) do update
            set last_entry = r.last_entry + excluded.last_entry
        returning institution_id, student_ref, last_entry
        """,
        [recipient.institution_id for recipient in recipients],
        [recipient.student_ref for recipient in recipients],
        [counts[recipient] for recipient in recipients],
    )
    last = {Recipient(row["institution_id"], row["student_ref"]): row["last_entry"] for row in rows}
    return {recipient: last[recipient] - count + 1 for recipient, count in counts.items()}


async def make_known(conn: Connection, recipient: Recipient) -> None:
    await conn.execute(
        """
        insert into recipients (institution_id, student_ref) values ($1, $2)
        on conflict (institution_id, student_ref) do nothing
        """,
        recipient.institution_id,
        recipient.student_ref,
    )


async def preferences(conn: Connection, recipient: Recipient) -> Preferences:
    row = await conn.fetchrow(
        """
        select quiet_from, quiet_until, by_email, by_push from recipients
        where institution_id = $1 and student_ref = $2
        """,
        recipient.institution_id,
        recipient.student_ref,
    )
    if row is None:
        return Preferences()
    hours = QuietHours(row["quiet_from"], row["quiet_until"]) if row["quiet_from"] is not None else None
    return Preferences(hours, by_email=row["by_email"], by_push=row["by_push"])


async def save_preferences(conn: Connection, recipient: Recipient, preferences: Preferences) -> None:
    hours = preferences.quiet_hours
    await conn.execute(
        """
        insert into recipients (institution_id, student_ref, quiet_from, quiet_until, by_email, by_push)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (institution_id, student_ref) do update
            set quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,
                by_email = excluded.by_email, by_push = excluded.by_push
        """,
        recipient.institution_id,
        recipient.student_ref,
        hours.start if hours else None,
        hours.end if hours else None,
        preferences.by_email,
        preferences.by_push,
    )
