"""Dead letters: what cannot be applied, kept for an operator, with a copy in a topic for watching."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from contracts.catalogue import dlq_name, topic_named
from eventing.codec import LogRecord, headers_to_text
from eventing.database import Connection
from eventing.outbox import DeadLetterCopy
from eventing.streams_in import Held
from eventing.streams_in_rows import lock_streams, save_streams
from eventing.work import UnitOfWork, Works


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that holds its key. It says where it is and why, never what is in it."""

    topic: str
    key: str
    number: int
    type: str
    reason: str
    attempts: int
    dead_at: datetime
    followers: int


def publish_copy(work: UnitOfWork, service: str, held: Held) -> None:
    """A copy goes to the dead-letter topic of this service, with the reason and the place it came from."""
    envelope = held.envelope
    headers = dict(envelope.headers) | _place(envelope.topic, envelope.partition, envelope.offset)
    headers |= {"dlq_reason": held.reason, "dlq_attempts": str(held.attempts)}
    work.publish(
        DeadLetterCopy(_dlq(envelope.topic, service), envelope.key, work.now, headers, envelope.body)
    )


async def keep_unreadable(work: UnitOfWork, service: str, record: LogRecord, reason: str) -> None:
    """A record without a place in any stream: it holds nothing; a gap that it leaves is healed by replay."""
    headers = _place(record.topic, record.partition, record.offset)
    headers |= {"dlq_reason": reason, "dlq_attempts": "0"}
    key = (record.key or b"").decode(errors="backslashreplace").replace("\x00", "")
    work.publish(DeadLetterCopy(_dlq(record.topic, service), key, work.now, headers, record.body or b""))
    await work.connection.execute(
        """
        insert into unreadable (topic, topic_id, partition, "offset", key, headers, body, reason, arrived_at)
        select $1, coalesce((select topic_id from positions where topic = $1 and partition = $2), ''),
            $2, $3, $4, $5, $6, $7, $8
        on conflict do nothing
        """,
        record.topic,
        record.partition,
        record.offset,
        record.key,
        headers_to_text(record.headers),
        record.body,
        reason,
        work.now,
    )


def _dlq(topic: str, service: str) -> str:
    known = topic_named(topic)
    if known is None:
        raise LookupError(f"{topic} is not in the catalogue")
    return dlq_name(known, service)


def _place(topic: str, partition: int, offset: int) -> dict[str, str]:
    return {"dlq_topic": topic, "dlq_partition": str(partition), "dlq_offset": str(offset)}


async def list_dead(connection: Connection) -> list[DeadLetter]:
    """All dead letters, the oldest first, each with the number of records that wait behind it."""
    rows = await connection.fetch(
        """
        select topic, key, number, type, reason, attempts, dead_at,
            (select count(*) from waiting f where f.topic = w.topic and f.key = w.key and f.number > w.number)
                as followers
        from waiting w where dead_at is not null order by dead_at, topic, key
        """
    )
    return [DeadLetter(**row) for row in rows]


async def replay_dead(works: Works, topic: str, key: str) -> int:
    """Give the dead letters of a stream their attempts anew; the number of them."""
    async with works.begin() as work:
        rows = await work.connection.fetch(
            """
            update waiting set dead_at = null, attempts = 0, due = $3
            where topic = $1 and key = $2 and dead_at is not null returning number
            """,
            topic,
            key,
            work.now,
        )
        return len(rows)


async def drop_dead(works: Works, topic: str, key: str) -> int | None:
    """Give up the dead letter that holds a stream: its number counts as passed, its followers are due."""
    async with works.begin() as work:
        row = await work.connection.fetchrow(
            "select partition from streams_in where topic = $1 and key = $2", topic, key
        )
        if row is None:
            return None
        streams = await lock_streams(work.connection, [((topic, key), row["partition"])])
        stream = streams[topic, key]
        held = stream.held.get(stream.last + 1)
        if held is None or held.dead_at is None:
            return None
        stream.advance()
        _release(stream.held.values(), work.now)
        await save_streams(work.connection, [stream])
        return stream.last


def _release(followers: Iterable[Held], now: datetime) -> None:
    for held in followers:
        if held.dead_at is None:
            held.due, held.dirty = now, True
