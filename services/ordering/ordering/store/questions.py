"""What the issuer was asked and has not answered; per lane, how far answers have come."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.catalogue import PARTITIONS, partition_of
from eventing import Connection
from ordering.timeline import Question

FIRST_REMINDER = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    order_id: UUID
    question: Question
    reminders: int


async def ask(conn: Connection, asked: Sequence[tuple[UUID, Question]], now: datetime) -> None:
    """Note questions; one that is open already keeps its time."""
    await conn.execute(
        """
        insert into open_questions (order_id, question, lane, asked_at, remind_at)
        select q.order_id, q.question, q.lane, $4, $5
        from unnest($1::uuid[], $2::text[], $3::smallint[]) as q(order_id, question, lane)
        on conflict (order_id, question) do nothing
        """,
        [order_id for order_id, _ in asked],
        [question for _, question in asked],
        [partition_of(str(order_id)) for order_id, _ in asked],
        now,
        now + FIRST_REMINDER,
    )


async def drop(conn: Connection, order_id: UUID, question: Question) -> None:
    await conn.execute("delete from open_questions where order_id = $1 and question = $2", order_id, question)


async def answer(conn: Connection, answered: Sequence[tuple[UUID, Question]], now: datetime) -> None:
    """Close questions, and note for each lane the youngest that was answered."""
    await conn.execute(
        """
        with closed as (
            delete from open_questions q
            using unnest($1::uuid[], $2::text[]) as a(order_id, question)
            where q.order_id = a.order_id and q.question = a.question
            returning q.lane, q.asked_at
        )
        insert into answered_lanes as l (lane, asked_at, answered_at)
        select lane, max(asked_at), $3 from closed group by lane order by lane
        on conflict (lane) do update
            set asked_at = greatest(l.asked_at, excluded.asked_at), answered_at = excluded.answered_at
        """,
        [order_id for order_id, _ in answered],
        [question for _, question in answered],
        now,
    )


async def open_of(conn: Connection, order_ids: Sequence[UUID]) -> dict[UUID, set[Question]]:
    rows = await conn.fetch(
        "select order_id, question from open_questions where order_id = any($1)", order_ids
    )
    found: dict[UUID, set[Question]] = {}
    for row in rows:
        found.setdefault(row["order_id"], set()).add(row["question"])
    return found


async def overtaken(conn: Connection, now: datetime, limit: int) -> list[OpenQuestion]:
    """Due questions that wait though a later one of their lane was answered."""
    rows = await conn.fetch(
        """
        select q.order_id, q.question, q.reminders from open_questions q join answered_lanes l using (lane)
        where q.remind_at <= $1 and q.asked_at < l.asked_at
        order by q.asked_at limit $2 for update of q skip locked
        """,
        now,
        limit,
    )
    return [OpenQuestion(**row) for row in rows]


async def oldest_of_silent_lanes(conn: Connection, now: datetime, silence: timedelta) -> list[OpenQuestion]:
    """Per lane in which nothing was answered for long: its oldest question, if it is due."""
    rows = await conn.fetch(
        """
        with oldest as (
            select q.order_id, q.question
            from generate_series(0, $3 - 1) as lanes(lane) left join answered_lanes l using (lane)
            cross join lateral (
                select * from open_questions where lane = lanes.lane order by asked_at limit 1
            ) q
            where q.asked_at <= $1 and q.remind_at <= $2 and (l.answered_at is null or l.answered_at <= $1)
        )
        select order_id, question, reminders from open_questions join oldest using (order_id, question)
        order by lane for update of open_questions skip locked
        """,
        now - silence,
        now,
        PARTITIONS,
    )
    return [OpenQuestion(**row) for row in rows]


async def postpone(
    conn: Connection, questions: Sequence[OpenQuestion], remind_at: Sequence[datetime]
) -> None:
    await conn.execute(
        """
        update open_questions q set reminders = q.reminders + 1, remind_at = p.remind_at
        from unnest($1::uuid[], $2::text[], $3::timestamptz[]) as p(order_id, question, remind_at)
        where q.order_id = p.order_id and q.question = p.question
        """,
        [question.order_id for question in questions],
        [question.question for question in questions],
        remind_at,
    )
