"""Replay, the one way of healing: somebody asks for events again, their owner marks them for the relay."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg
import structlog

from contracts.catalogue import PARTITIONS, REPLAYS, Topic, owned_by, partition_of, topic_named
from contracts.platform import ReplayRequested
from eventing import metrics
from eventing.database import Connection
from eventing.log import TopicState
from eventing.settings import EventingSettings
from eventing.work import UnitOfWork, Works

log = structlog.get_logger()

# Longer than any topic keeps its records, so that nothing falls between a lost log and its replay.
REACH = timedelta(days=8)

# So many rows are looked at in one transaction, to mark those of one lane.
SLICE = 20_000


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask for: one key of a topic, or one partition, by the time at which the events occurred."""

    topic: str
    reason: str
    key: str | None = None
    partition: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def scope(self) -> str:
        return f"key {self.key}" if self.key is not None else f"partition {self.partition}"


async def ask(work: UnitOfWork, question: Question, *, by: str, settings: EventingSettings) -> bool:
    """Publish a replay request, unless the same was asked a moment ago: then it is too soon to repeat it."""
    first, longest = timedelta(seconds=settings.ask_first), timedelta(seconds=settings.ask_longest)
    due = await work.connection.fetchval(
        """
        insert into asks as a (topic, scope, attempts, next_at) values ($1, $2, 1, $3::timestamptz + $4)
        on conflict (topic, scope) do update set
            attempts = case when a.next_at < $6 then 1 else a.attempts + 1 end,
            next_at = $3::timestamptz
                + least($4 * power(2, case when a.next_at < $6 then 0 else least(a.attempts, 20) end), $5)
            where a.next_at <= $3
        returning true
        """,
        question.topic,
        question.scope,
        work.now,
        first,
        longest,
        work.now - longest,
    )
    if due:
        publish_question(work, question, by=by)
    return bool(due)


def publish_question(work: UnitOfWork, question: Question, *, by: str) -> None:
    """Ask at once. Questions are rows of the log themselves, so they outlive the broker's disk."""
    metrics.ASKS.labels(question.topic, question.reason).inc()
    work.publish(
        ReplayRequested(
            event_id=work.new_id(),
            occurred_at=work.now,
            topic=question.topic,
            key=question.key,
            partition=question.partition,
            since=question.since,
            until=question.until,
            reason=question.reason,
            by=by,
        )
    )


async def mark_key(connection: Connection, request: ReplayRequested) -> int:
    """Mark the sent events of a key for the relay; what is marked already is left alone."""
    rows = await connection.fetch(
        """
        update events set "offset" = null, resend = true
        where key = $1 and lane = $2 and "offset" is not null
            and occurred_at >= coalesce($3, '-infinity'::timestamptz)
            and occurred_at < coalesce($4, 'infinity'::timestamptz)
        returning 1
        """,
        request.key,
        f"{request.topic}/{partition_of(request.key or '')}",
        request.since,
        request.until,
    )
    return len(rows)


async def note_partition(connection: Connection, request: ReplayRequested) -> None:
    """A partition may have any number of events: it is marked later, slice by slice."""
    await connection.execute(
        """
        insert into answers (lane, since, until) values
            ($1, coalesce($2, '-infinity'::timestamptz), coalesce($3, 'infinity'::timestamptz))
        on conflict do nothing
        """,
        f"{request.topic}/{request.partition}",
        request.since,
        request.until,
    )


async def answer_slice(works: Works) -> bool:
    """Mark the next slice of what was asked for in a transaction of its own; False when all is answered."""
    async with works.begin() as work:
        answer = await work.connection.fetchrow(
            "select * from answers order by id limit 1 for update skip locked"
        )
        if answer is None:
            return False
        if answer["next_id"] is None:
            await _bound(work.connection, answer)
        else:
            await _mark_slice(work.connection, answer)
    return True


async def _bound(connection: Connection, answer: asyncpg.Record) -> None:
    """Which rows to look at. `offset 0` keeps the planner from walking all ids for the smallest one."""
    await connection.execute(
        """
        update answers set next_id = coalesce(bounds.first, 1), last_id = coalesce(bounds.last, 0)
        from (
            select min(id) as first, max(id) as last
            from (select id from events where occurred_at >= $2 and occurred_at < $3 offset 0) e
        ) bounds
        where answers.id = $1
        """,
        answer["id"],
        answer["since"],
        answer["until"],
    )


async def _mark_slice(connection: Connection, answer: asyncpg.Record) -> None:
    end = answer["next_id"] + SLICE
    marked = await connection.fetch(
        """
        update events set "offset" = null, resend = true
        where id >= $1 and id < $2 and id <= $3 and lane = $4 and "offset" is not null
            and occurred_at >= $5 and occurred_at < $6
        returning 1
        """,
        answer["next_id"],
        end,
        answer["last_id"],
        answer["lane"],
        answer["since"],
        answer["until"],
    )
    metrics.RESENT.labels(answer["lane"].rpartition("/")[0]).inc(len(marked))
    if end <= answer["last_id"]:
        await connection.execute("update answers set next_id = $2 where id = $1", answer["id"], end)
    else:
        await connection.execute("delete from answers where id = $1", answer["id"])


async def ask_for_gaps(work: UnitOfWork, *, by: str, settings: EventingSettings) -> None:
    """Ask for the streams in which something has waited too long for a predecessor that has not come."""
    rows = await work.connection.fetch(
        """
        select w.topic, w.key from waiting w join streams_in s using (topic, key)
            left join asks a on a.topic = w.topic and a.scope = 'key ' || w.key
        where a.next_at is null or a.next_at <= $2
        group by w.topic, w.key, s.last
        having min(w.number) > s.last + 1 and min(w.arrived_at) <= $1
        order by min(w.arrived_at) limit 500
        """,
        work.now - timedelta(seconds=settings.gap_patience),
        work.now,
    )
    for row in rows:
        await ask(work, Question(row["topic"], "gap", key=row["key"]), by=by, settings=settings)


async def ask_after_loss(
    work: UnitOfWork,
    service: str,
    states: Mapping[str, TopicState],
    lost_ends: Mapping[tuple[str, int], int],
) -> None:
    """Ask again for what was sent to a log that is no more, or to the lost end of one.

    The update that finds the old value decides which replica of this service asks. Lanes are locked before
    topics, as the relay does.
    """
    for (name, partition), acknowledged in lost_ends.items():
        if await _forget_acknowledged(work.connection, f"{name}/{partition}", acknowledged):
            log.warning("log_end_lost", topic=name, partition=partition)
            await _resend_after_loss(work, topic_named(name), [partition], "log_end_lost", service)
    for topic in (*owned_by(service), REPLAYS):
        state = states.get(topic.name)
        if state is not None and await _replaced(work.connection, topic.name, state.topic_id):
            log.warning("log_replaced", topic=topic.name)
            await _resend_after_loss(work, topic, range(PARTITIONS), "log_replaced", service)


async def _resend_after_loss(
    work: UnitOfWork, topic: Topic | None, partitions: Iterable[int], reason: str, service: str
) -> None:
    """Streams are asked for. Questions themselves cannot be: the recent ones are marked here."""
    if topic == REPLAYS:
        await _resend_questions(work)
    elif topic is not None and topic.numbered:
        for partition in partitions:
            question = Question(topic.name, reason, partition=partition, since=work.now - REACH)
            publish_question(work, question, by=service)


async def _resend_questions(work: UnitOfWork) -> None:
    await work.connection.execute(
        """
        update events set "offset" = null, resend = true
        where lane = any($1) and "offset" is not null and occurred_at > $2
        """,
        [f"{REPLAYS.name}/{partition}" for partition in range(PARTITIONS)],
        work.now - timedelta(minutes=10),
    )


async def _replaced(connection: Connection, topic: str, topic_id: str) -> bool:
    first = await connection.fetchval(
        "insert into topics (topic, topic_id) values ($1, $2) on conflict do nothing returning true",
        topic,
        topic_id,
    )
    if first:
        return False
    changed = await connection.fetchval(
        "update topics set topic_id = $2 where topic = $1 and topic_id <> $2 returning true", topic, topic_id
    )
    return bool(changed)


async def _forget_acknowledged(connection: Connection, lane: str, acknowledged: int) -> bool:
    forgotten = await connection.fetchval(
        """
        update lanes set acknowledged_offset = -1 where lane = $1 and acknowledged_offset = $2 returning true
        """,
        lane,
        acknowledged,
    )
    return bool(forgotten)
