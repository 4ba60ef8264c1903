"""Extensions of many cards: what was previewed, and how far the asking has come."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from uuid import UUID

import asyncpg

from eventing import Connection
from ordering.extending import Candidate, Extension, Progress, Reason, State

_COLUMNS = tuple(field.name for field in fields(Extension))


async def candidates(
    conn: Connection,
    institution_id: str,
    numbers: Sequence[str] | None,
    *,
    after: UUID | None,
    limit: int,
) -> list[Candidate]:
    """Students with their newest cards, a page of them; `numbers` none means all."""
    rows = await conn.fetch(
        """
        select s.student_ref, s.status, s.office_hold, s.card_valid_until as own_end, o.order_id,
            o.card_valid_until as valid_until, coalesce(o.card_holds, '{}') as holds,
            o.card_end is not null or exists (
                select from open_questions q where q.order_id = o.order_id and q.question = 'revoke'
            ) as has_ended
        from students s left join lateral (
            select * from orders o where o.student_ref = s.student_ref and o.card_issued_at is not null
            order by o.card_issued_at desc limit 1
        ) o on true
        where s.institution_id = $1 and ($2::text[] is null or s.student_number = any($2))
            and ($3::uuid is null or s.student_ref > $3)
        order by s.student_ref limit $4
        """,
        institution_id,
        numbers,
        after,
        limit,
    )
    return [_candidate(row) for row in rows]


async def unknown_numbers(conn: Connection, institution_id: str, numbers: Sequence[str]) -> list[str]:
    """Those that no student of the institution has."""
    rows = await conn.fetch(
        """
        select n.number from unnest($2::text[]) as n(number)
        where not exists (
            select from students s
            where s.institution_id = $1 and s.student_number = n.number and s.student_number <> ''
        )
        order by n.number
        """,
        institution_id,
        numbers,
    )
    return [row["number"] for row in rows]


async def candidates_with(conn: Connection, order_ids: Sequence[UUID]) -> list[Candidate]:
    """The students of these orders, which are locked: whatever was decided about them is seen here."""
    rows = await conn.fetch(
        """
        select s.student_ref, s.status, s.office_hold, s.card_valid_until as own_end, o.order_id,
            o.card_valid_until as valid_until, o.card_holds as holds,
            o.card_end is not null or exists (
                select from open_questions q where q.order_id = o.order_id and q.question = 'revoke'
            ) as has_ended
        from orders o join students s using (student_ref) where o.order_id = any($1)
        """,
        order_ids,
    )
    return [_candidate(row) for row in rows]


async def add(conn: Connection, extension: Extension) -> None:
    await conn.execute(
        """
        insert into extensions (extension_id, institution_id, until, state, left_out, previewed_at)
        values ($1, $2, $3, $4, $5, $6)
        """,
        extension.extension_id,
        extension.institution_id,
        extension.until,
        extension.state,
        extension.left_out,
        extension.previewed_at,
    )


async def add_cards(conn: Connection, extension_id: UUID, ends: Mapping[UUID, datetime]) -> None:
    await conn.execute(
        """
        insert into extension_cards (extension_id, order_id, ends_at)
        select $1, * from unnest($2::uuid[], $3::timestamptz[])
        """,
        extension_id,
        list(ends),
        list(ends.values()),
    )


async def count_left_out(conn: Connection, extension_id: UUID, left_out: Mapping[Reason, int]) -> None:
    await conn.execute(
        "update extensions set left_out = $2 where extension_id = $1", extension_id, dict(left_out)
    )


async def find(conn: Connection, extension_id: UUID) -> Extension | None:
    row = await conn.fetchrow("select * from extensions where extension_id = $1", extension_id)
    return _extension(row) if row else None


async def lock(conn: Connection, extension_id: UUID) -> Extension | None:
    row = await conn.fetchrow("select * from extensions where extension_id = $1 for update", extension_id)
    return _extension(row) if row else None


async def newest(conn: Connection, institution_id: str, limit: int) -> list[Extension]:
    rows = await conn.fetch(
        "select * from extensions where institution_id = $1 order by previewed_at desc limit $2",
        institution_id,
        limit,
    )
    return [_extension(row) for row in rows]


async def lock_running(conn: Connection, institution_id: str) -> UUID | None:
    """Whoever asks decides alone until the transaction ends: of two that start at once one is refused."""
    await conn.execute("select pg_advisory_xact_lock(hashtext('extensions of ' || $1))", institution_id)
    found: UUID | None = await conn.fetchval(
        "select extension_id from extensions where institution_id = $1 and state = 'running'", institution_id
    )
    return found


async def lock_oldest_running(conn: Connection) -> Extension | None:
    """None when there is none, and when another replica is at work: one asks at a time."""
    if not await conn.fetchval("select pg_try_advisory_xact_lock(hashtext('extensions'))"):
        return None
    row = await conn.fetchrow(
        "select * from extensions where state = 'running' order by started_at limit 1 for update"
    )
    return _extension(row) if row else None


async def start(conn: Connection, extension_id: UUID, started_by: str, now: datetime) -> None:
    await conn.execute(
        """
        update extensions set state = 'running', started_by = $2, started_at = $3 where extension_id = $1
        """,
        extension_id,
        started_by,
        now,
    )


async def end(conn: Connection, extension_id: UUID, state: State, now: datetime) -> None:
    await conn.execute(
        "update extensions set state = $2, ended_at = $3 where extension_id = $1", extension_id, state, now
    )


async def waiting(conn: Connection, extension_id: UUID, limit: int) -> dict[UUID, datetime]:
    """Orders whose cards are to be asked for next, each with the end that was seen in the preview."""
    rows = await conn.fetch(
        """
        select order_id, ends_at from extension_cards where extension_id = $1 and state = 'waiting'
        order by order_id limit $2
        """,
        extension_id,
        limit,
    )
    return {row["order_id"]: row["ends_at"] for row in rows}


async def settle(
    conn: Connection, extension_id: UUID, asked: Sequence[UUID], left_out: Sequence[UUID]
) -> None:
    await conn.execute(
        """
        update extension_cards c set state = s.state
        from (
            select order_id, 'asked' from unnest($2::uuid[]) as a(order_id)
            union all select order_id, 'left_out' from unnest($3::uuid[]) as l(order_id)
        ) as s(order_id, state)
        where c.extension_id = $1 and c.order_id = s.order_id
        """,
        extension_id,
        asked,
        left_out,
    )


async def unanswered(conn: Connection) -> int:
    """How many cards, of whatever extension, the issuer was asked to extend and has not."""
    count: int = await conn.fetchval("select count(*) from open_questions where question = 'extend'")
    return count


async def progress(conn: Connection, extension_id: UUID) -> Progress:
    row = await conn.fetchrow(
        """
        select count(*) as cards, count(*) filter (where c.state = 'asked') as asked,
            count(*) filter (where c.state = 'asked' and q.order_id is null) as answered,
            count(*) filter (where c.state = 'asked' and o.card_valid_until >= c.ends_at) as extended,
            count(*) filter (where c.state = 'left_out') as changed_meanwhile
        from extension_cards c left join orders o using (order_id)
            left join open_questions q on q.order_id = c.order_id and q.question = 'extend'
        where c.extension_id = $1
        """,
        extension_id,
    )
    return Progress(*row) if row else Progress(0, 0, 0, 0, 0)


async def forget(conn: Connection, previewed_before: datetime, ended_before: datetime) -> None:
    await conn.execute(
        """
        delete from extensions
        where state in ('previewed', 'cancelled') and started_at is null and previewed_at < $1
            or ended_at < $2
        """,
        previewed_before,
        ended_before,
    )


def _extension(row: asyncpg.Record) -> Extension:
    return Extension(**{name: row[name] for name in _COLUMNS})


def _candidate(row: asyncpg.Record) -> Candidate:
    return Candidate(**{**row, "holds": tuple(row["holds"])})
