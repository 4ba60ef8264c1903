"""What this service has heard of each stream: the state under its lock, and what waits for its turn."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from eventing.codec import Envelope
from eventing.database import Connection
from eventing.settings import EventingSettings

StreamId = tuple[str, str]
Wanted = Iterable[tuple[StreamId, int]]


@dataclass(slots=True)
class Held:
    """A record not applied yet. `stored`: it has a row in `waiting`; `dirty`: that is to be written."""

    envelope: Envelope
    arrived_at: datetime
    attempts: int = 0
    due: datetime | None = None
    dead_at: datetime | None = None
    ahead: bool = False
    reason: str = "gap"
    stored: bool = False
    dirty: bool = True

    def ready(self, now: datetime) -> bool:
        return self.dead_at is None and (self.due is None or self.due <= now)

    def has_its_turn(self, now: datetime) -> bool:
        """What failed before its turn only is not kept waiting in its turn."""
        return self.ready(now) or (self.dead_at is None and self.attempts == 0)


@dataclass(slots=True)
class Stream:
    """One stream in one transaction: the last number that was applied, and what is held after it."""

    topic: str
    key: str
    partition: int
    epoch: int = 0
    base: int = 0
    last: int = 0
    last_at: datetime | None = None
    held: dict[int, Held] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    changed: bool = False

    def take(self, envelope: Envelope, now: datetime) -> str:
        """Keep a record for its turn; tells why it is dropped when it is."""
        self._enter_epoch(envelope)
        number = _number(envelope)
        if envelope.epoch < self.epoch and number > self.base:
            return "orphan"
        if number <= self.last or number in self.held:
            return "duplicate"
        self.held[number] = Held(envelope, now)
        return "taken"

    def _enter_epoch(self, envelope: Envelope) -> None:
        """The first record after a restore of its producer tells how far the restored stream had come.

        What was heard beyond that, its producer no longer knows: its numbers are given again.
        """
        if envelope.epoch > self.epoch:
            self.last = min(self.last, envelope.base)
            self.epoch, self.base, self.changed = envelope.epoch, envelope.base, True
            for number in [number for number in self.held if number > self.base]:
                if self.held.pop(number).stored:
                    self.gone.append(number)

    def head(self, now: datetime) -> Held | None:
        """The next record, if it is here, is not dead and is not waiting for its retry."""
        held = self.held.get(self.last + 1)
        return held if held is not None and held.has_its_turn(now) else None

    def advance(self) -> None:
        """The next record has taken effect, or was ignored on purpose."""
        held = self.held.pop(self.last + 1)
        self.last += 1
        self.last_at = held.envelope.occurred_at or self.last_at
        self.changed = True
        if held.stored:
            self.gone.append(self.last)

    def settle(self, now: datetime) -> None:
        """What was due, was looked at and still waits, waits for those before it: it is due no more."""
        for held in self.held.values():
            if held.due is not None and held.due <= now:
                held.due, held.dirty = None, True


def postpone(held: Held, reason: str, now: datetime, settings: EventingSettings) -> bool:
    """A record failed alone: try again later, longer each time. True when that was its last attempt."""
    held.attempts += 1
    held.reason, held.dirty = reason, True
    if held.attempts >= settings.attempts:
        bury(held, reason, now)
        return True
    pause = min(settings.retry_first * 2 ** (held.attempts - 1), settings.retry_longest)
    held.due = now + timedelta(seconds=pause)
    return False


def postpone_ahead(held: Held, reason: str, now: datetime, settings: EventingSettings) -> None:
    """A record failed before its turn: try again, later each time, until its turn comes."""
    waited = (now - held.arrived_at).total_seconds()
    held.due = now + timedelta(seconds=min(max(waited, settings.retry_first), settings.retry_longest))
    held.reason, held.dirty = reason, True


def bury(held: Held, reason: str, now: datetime) -> None:
    """A dead letter: it holds its key until an operator replays or drops it."""
    held.dead_at, held.due, held.reason, held.dirty = now, None, reason, True


async def lock_streams(
    connection: Connection, wanted: Iterable[tuple[StreamId, int]]
) -> dict[StreamId, Stream]:
    """Lock the rows of streams in (topic, key) order, missing ones made; with all that waits in them.

    What waits is read in a statement of its own after the lock: a snapshot from before it would not see
    what another transaction has parked meanwhile.
    """
    streams = {(topic, key): Stream(topic, key, partition) for (topic, key), partition in sorted(wanted)}
    made = await _insert_missing(connection, list(streams.values()))
    known = [stream for stream in streams.values() if (stream.topic, stream.key) not in made]
    if known:
        await _lock_known(connection, known, streams)
        await _read_waiting(connection, known, streams)
    return streams


def _columns(streams: Sequence[Stream]) -> tuple[list[str], list[str]]:
    return [stream.topic for stream in streams], [stream.key for stream in streams]


async def _insert_missing(connection: Connection, streams: Sequence[Stream]) -> set[StreamId]:
    rows = await connection.fetch(
        """
        insert into streams_in (topic, key, partition)
        select * from unnest($1::text[], $2::text[], $3::smallint[])
        on conflict do nothing returning topic, key
        """,
        *_columns(streams),
        [stream.partition for stream in streams],
    )
    return {(row["topic"], row["key"]) for row in rows}


async def _lock_known(
    connection: Connection, known: Sequence[Stream], streams: dict[StreamId, Stream]
) -> None:
    rows = await connection.fetch(
        """
        select s.topic, s.key, s.epoch, s.base, s.last, s.last_at
        from unnest($1::text[], $2::text[]) with ordinality as w (topic, key, place),
            lateral (select * from streams_in i where i.topic = w.topic and i.key = w.key for update) s
        order by w.place
        """,
        *_columns(known),
    )
    for row in rows:
        stream = streams[row["topic"], row["key"]]
        stream.epoch, stream.base = row["epoch"], row["base"]
        stream.last, stream.last_at = row["last"], row["last_at"]


async def _read_waiting(
    connection: Connection, known: Sequence[Stream], streams: dict[StreamId, Stream]
) -> None:
    rows = await connection.fetch(
        """
        select w.* from waiting w
        where (w.topic, w.key) in (select * from unnest($1::text[], $2::text[]))
        """,
        *_columns(known),
    )
    for row in rows:
        streams[row["topic"], row["key"]].held[row["number"]] = _held(row)


def _held(row: asyncpg.Record) -> Held:
    headers = json.loads(row["headers"])
    envelope = Envelope(
        topic=row["topic"],
        partition=row["partition"],
        offset=row["offset"],
        key=row["key"],
        number=row["number"],
        epoch=int(headers["ce_epoch"]),
        base=int(headers["ce_base"]),
        ce_type=row["type"],
        headers=headers,
        body=row["body"],
    )
    return Held(
        envelope,
        row["arrived_at"],
        attempts=row["attempts"],
        due=row["due"],
        dead_at=row["dead_at"],
        ahead=row["ahead"],
        reason=row["reason"],
        stored=True,
        dirty=False,
    )


async def save_streams(connection: Connection, streams: Iterable[Stream]) -> None:
    """Write what changed: the numbers, what has left `waiting`, and what has come to wait."""
    streams = list(streams)
    if changed := [stream for stream in streams if stream.changed]:
        await _update_numbers(connection, changed)
    if gone := [(stream, number) for stream in streams for number in stream.gone]:
        await _delete_waiting(connection, gone)
    if dirty := [held for stream in streams for held in stream.held.values() if held.dirty]:
        await _write_waiting(connection, dirty)


async def _update_numbers(connection: Connection, changed: Sequence[Stream]) -> None:
    await connection.execute(
        """
        update streams_in s set last = c.last, last_at = c.last_at, epoch = c.epoch, base = c.base
        from unnest($1::text[], $2::text[], $3::bigint[], $4::timestamptz[], $5::integer[], $6::bigint[])
            as c (topic, key, last, last_at, epoch, base)
        where s.topic = c.topic and s.key = c.key
        """,
        *_columns(changed),
        [stream.last for stream in changed],
        [stream.last_at for stream in changed],
        [stream.epoch for stream in changed],
        [stream.base for stream in changed],
    )


async def _delete_waiting(connection: Connection, gone: Sequence[tuple[Stream, int]]) -> None:
    await connection.execute(
        """
        delete from waiting where (topic, key, number) in
            (select * from unnest($1::text[], $2::text[], $3::bigint[]))
        """,
        *_columns([stream for stream, _ in gone]),
        [number for _, number in gone],
    )


async def _write_waiting(connection: Connection, dirty: Sequence[Held]) -> None:
    await connection.executemany(
        """
        insert into waiting (topic, key, number, partition, "offset", type, headers, body, arrived_at,
            attempts, due, dead_at, ahead, reason)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (topic, key, number) do update set headers = excluded.headers, body = excluded.body,
            attempts = excluded.attempts, due = excluded.due, dead_at = excluded.dead_at,
            ahead = excluded.ahead, reason = excluded.reason
        """,
        [_waiting_row(held) for held in dirty],
    )


def _waiting_row(held: Held) -> tuple[object, ...]:
    envelope = held.envelope
    place = envelope.topic, envelope.key, envelope.number, envelope.partition, envelope.offset
    content = envelope.ce_type, json.dumps(dict(envelope.headers)), envelope.body, held.arrived_at
    return *place, *content, held.attempts, held.due, held.dead_at, held.ahead, held.reason


def _number(envelope: Envelope) -> int:
    if envelope.number is None:
        raise LookupError("records of the platform have no stream")
    return envelope.number
