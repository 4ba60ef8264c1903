"""Reconciliation: an owner tells what its streams came to in a past hour, and a consumer compares its own.

A difference asks for that partition and hour. A stream that moved meanwhile costs a needless replay, no more.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg

from contracts.catalogue import owned_by
from contracts.platform import DigestPublished
from eventing import metrics
from eventing.database import Connection
from eventing.replay import REACH, Question, ask
from eventing.settings import EventingSettings
from eventing.work import UnitOfWork

WINDOW = timedelta(hours=1)


def past_window(now: datetime) -> tuple[datetime, datetime]:
    """The last full hour that ended at least five minutes ago."""
    until = (now - timedelta(minutes=5)).replace(minute=0, second=0, microsecond=0)
    return until - WINDOW, until


async def publish_digests(work: UnitOfWork, service: str) -> None:
    """Tell of each partition of our streams what its next window came to, once nothing in it is unsent.

    Windows that nobody was there for follow one by one.
    """
    begin, end = past_window(work.now)
    topics = [topic.name for topic in owned_by(service)]
    await work.connection.execute(
        """
        insert into digested (lane, until) select lane, $2 from lanes where topic = any($1)
        on conflict (lane) do update set until = $3 where digested.until < $3
        """,
        topics,
        begin,
        end - REACH,
    )
    for row in await _take_windows(work.connection, topics, end):
        if row["streams"]:
            work.publish(_digest(work, row))


async def _take_windows(connection: Connection, topics: Sequence[str], end: datetime) -> list[asyncpg.Record]:
    return await connection.fetch(
        """
        with due as (
            select d.lane, d.until as begin from digested d join lanes l using (lane)
            where l.topic = any($1) and d.until + $3 <= $2
                and not exists (
                    select 1 from events e where e.lane = d.lane and e."offset" is null
                        and e.occurred_at >= d.until and e.occurred_at < d.until + $3
                )
            for update of d skip locked
        ), moved as (
            update digested d set until = due.begin + $3 from due where d.lane = due.lane
        )
        select l.topic, l.partition, l.acknowledged_topic_id, l.acknowledged_offset,
            due.begin, due.begin + $3 as end,
            count(s.key) as streams, coalesce(bit_xor(stream_digest(s.key, s.last)), 0) as digest
        from due join lanes l using (lane)
            left join streams s on s.topic = l.topic and s.partition = l.partition
                and l.acknowledged_offset >= 0 and s.last_at >= due.begin and s.last_at < due.begin + $3
        group by l.lane, due.begin
        """,
        topics,
        end,
        WINDOW,
    )


def _digest(work: UnitOfWork, row: asyncpg.Record) -> DigestPublished:
    return DigestPublished(
        event_id=work.new_id(),
        occurred_at=work.now,
        topic=row["topic"],
        topic_id=row["acknowledged_topic_id"],
        partition=row["partition"],
        offset=row["acknowledged_offset"],
        from_=row["begin"],
        to=row["end"],
        streams=row["streams"],
        digest=_text(row["digest"]),
    )


def _text(digest: int) -> str:
    return f"{digest & 0xFFFFFFFFFFFFFFFF:016x}"


async def keep_digest(connection: Connection, event: DigestPublished) -> None:
    """Keep a digest until this service has read as far as its owner had sent."""
    await connection.execute(
        """
        insert into digests (topic, partition, window_from, window_to, topic_id, "offset", streams, digest)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (topic, partition, window_from) do update set topic_id = excluded.topic_id,
            "offset" = excluded."offset", streams = excluded.streams, digest = excluded.digest
        """,
        event.topic,
        event.partition,
        event.from_,
        event.to,
        event.topic_id,
        event.offset,
        event.streams,
        event.digest,
    )


async def compare_digests(work: UnitOfWork, *, by: str, settings: EventingSettings) -> int:
    """Compare every digest whose place in the log was passed; the number of differences."""
    rows = await work.connection.fetch(
        """
        delete from digests d using positions p
        where p.topic = d.topic and p.partition = d.partition
            and (p.topic_id <> d.topic_id or p.next_offset > d."offset")
        returning d.*, p.topic_id = d.topic_id as same_log
        """
    )
    differences = 0
    for row in rows:
        if not row["same_log"] or await _agrees(work.connection, row):
            continue
        differences += 1
        metrics.RECORDS.labels(row["topic"], "differs").inc()
        question = Question(
            row["topic"],
            "digest_differs",
            partition=row["partition"],
            since=row["window_from"],
            until=row["window_to"],
        )
        await ask(work, question, by=by, settings=settings)
    return differences


async def _agrees(connection: Connection, theirs: asyncpg.Record) -> bool:
    ours = await connection.fetchrow(
        """
        select count(*) as streams, coalesce(bit_xor(stream_digest(key, last)), 0) as digest
        from streams_in where topic = $1 and partition = $2 and last_at >= $3 and last_at < $4
        """,
        theirs["topic"],
        theirs["partition"],
        theirs["window_from"],
        theirs["window_to"],
    )
    if ours is None:
        return False
    return bool(ours["streams"] == theirs["streams"] and _text(ours["digest"]) == theirs["digest"])
