"""The outbox: the only code that writes events. It is also the log that every replay is served from."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from opentelemetry.propagate import inject
from pydantic_core import to_json

from contracts.base import Event
from contracts.catalogue import key_of, partition_of, topic_of
from eventing.codec import encode
from eventing.database import Connection


@dataclass(frozen=True, slots=True)
class DeadLetterCopy:
    """A record for a dead-letter topic: for watching, never read by a service."""

    topic: str
    key: str
    occurred_at: datetime
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Blanked:
    """An event of a key that was erased before it could be written: only its number is sent."""

    event: Event


Published = Event | Blanked | DeadLetterCopy


@dataclass(slots=True)
class _Row:
    topic: str
    key: str
    numbered: bool
    occurred_at: datetime
    headers: dict[str, str]
    body: bytes
    number: int | None = None

    @property
    def lane(self) -> str:
        return f"{self.topic}/{partition_of(self.key)}"


class Outbox:
    """Numbers events per key and topic and writes them down. `wake` tells the relay of this process."""

    def __init__(self, service: str, wake: Callable[[], None] = lambda: None) -> None:
        self.service = service
        self.wake = wake

    async def add(self, connection: Connection, events: Sequence[Published]) -> None:
        """Write events as the last statements of a transaction, at most once in it.

        The rows of `streams` are locked in (topic, key) order before any id is drawn: so per key the order
        of ids is the order of commits, and a rollback takes the numbers back.
        """
        if not events:
            return
        trace: dict[str, str] = {}
        inject(trace)
        rows = [self._row(event, trace) for event in events]
        await _number(connection, [row for row in rows if row.numbered])
        await _insert(connection, rows)

    def _row(self, event: Published, trace: dict[str, str]) -> _Row:
        if isinstance(event, DeadLetterCopy):
            return _Row(event.topic, event.key, False, event.occurred_at, event.headers, event.body)
        if isinstance(event, Blanked):
            row = self._row(event.event, trace)
            row.headers["ce_erased"], row.body = "1", b""
            return row
        topic = topic_of(type(event))
        if topic.owner not in (self.service, "platform"):
            raise PermissionError(f"{self.service} does not own {topic.name}")
        headers, body = encode(event, source=self.service, trace=trace)
        return _Row(topic.name, key_of(event), topic.numbered, event.occurred_at, headers, body)


async def _number(connection: Connection, rows: Sequence[_Row]) -> None:
    """Give each row the next number of its stream, with the epoch and base of the stream."""
    if not rows:
        return
    counts = Counter((row.topic, row.key) for row in rows)
    newest = {(row.topic, row.key): row.occurred_at for row in rows}
    streams = sorted(counts)
    numbered = await connection.fetch(
        """
        insert into streams as s (topic, key, partition, last, last_at)
        select * from unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::timestamptz[])
        on conflict (topic, key) do update set last = s.last + excluded.last, last_at = excluded.last_at
        returning topic, key, last, base, (select max(epoch) from epochs) as epoch
        """,
        [topic for topic, _ in streams],
        [key for _, key in streams],
        [partition_of(key) for _, key in streams],
        [counts[stream] for stream in streams],
        [newest[stream] for stream in streams],
    )
    states = {(state["topic"], state["key"]): state for state in numbered}
    given: Counter[tuple[str, str]] = Counter()
    for row in rows:
        stream = row.topic, row.key
        given[stream] += 1
        state = states[stream]
        row.number = state["last"] - counts[stream] + given[stream]
        row.headers |= {
            "ce_sequence": str(row.number),
            "ce_epoch": str(state["epoch"]),
            "ce_base": str(state["base"]),
        }


async def _insert(connection: Connection, rows: Sequence[_Row]) -> None:
    await connection.execute(
        """
        insert into events (lane, key, number, occurred_at, headers, body)
        select * from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::text[], $6::bytea[])
        """,
        [row.lane for row in rows],
        [row.key for row in rows],
        [row.number for row in rows],
        [row.occurred_at for row in rows],
        [to_json(row.headers).decode() for row in rows],
        [row.body for row in rows],
    )


async def erase_keys(connection: Connection, keys: Collection[str]) -> None:
    """Blank every payload kept of keys, sent or unsent, heard or waiting; headers and numbers stay.

    A blanked event is still sent: its consumer advances over it and applies nothing. What tells of the
    erasure itself has no payload and stays readable.
    """
    for table in ("events", "waiting"):
        await connection.execute(
            f"""
            update {table} set body = '', headers = (headers::jsonb || '{{"ce_erased": "1"}}')::text
            where key = any($1) and number is not null
                and coalesce(headers::jsonb ->> 'ce_type', '') not like 'pl.legitka.%Erased.v%'
            """,
            keys,
        )
    await connection.execute("delete from events where key = any($1) and number is null", keys)
    await connection.execute("delete from unreadable where key = any($1)", [key.encode() for key in keys])
