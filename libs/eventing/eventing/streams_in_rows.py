"""The rows of heard streams: locked together, with all that waits in them, and written when they changed."""

from collections.abc import Iterable, Mapping, Sequence

import asyncpg
from pydantic_core import from_json, to_json

from eventing.codec import Envelope
from eventing.database import Connection
from eventing.streams_in import NOTHING_HEARD, Held, State, Stream, StreamId


async def lock_streams(
    connection: Connection, wanted: Iterable[tuple[StreamId, int]], records: Iterable[Envelope] = ()
) -> dict[StreamId, Stream]:
    """Lock the rows of streams in (topic, key) order, missing ones made; with all that waits in them.

    Nearly always a new stream begins with its first record, and that is applied: when it is among `records`,
    the row is made as it will be then. What waits is read in a statement of its own after the lock: a
    snapshot from before it would not see what another transaction has parked meanwhile.
    """
    streams = {(topic, key): Stream(topic, key, partition) for (topic, key), partition in sorted(wanted)}
    made = await _insert_missing(connection, list(streams.values()), _after_first(records))
    for stream_id, state in made.items():
        streams[stream_id].written = state
    known = [stream for stream_id, stream in streams.items() if stream_id not in made]
    if known:
        await _lock_known(connection, known, streams)
        await _read_waiting(connection, known, streams)
    return streams


def _after_first(records: Iterable[Envelope]) -> dict[StreamId, State]:
    return {one.stream: (1, one.occurred_at, one.epoch, one.base) for one in records if one.number == 1}


def _columns(streams: Sequence[Stream]) -> tuple[list[str], list[str]]:
    return [stream.topic for stream in streams], [stream.key for stream in streams]


async def _insert_missing(
    connection: Connection, streams: Sequence[Stream], hoped: Mapping[StreamId, State]
) -> dict[StreamId, State]:
    """The streams that were made, with what was written of them."""
    states = [hoped.get((stream.topic, stream.key), NOTHING_HEARD) for stream in streams]
    last, last_at, epoch, base = zip(*states, strict=True) if states else ((),) * 4
    rows = await connection.fetch(
        """
        insert into streams_in (topic, key, partition, last, last_at, epoch, base)
        select * from unnest($1::text[], $2::text[], $3::smallint[], $4::bigint[], $5::timestamptz[],
            $6::integer[], $7::bigint[])
        on conflict do nothing returning topic, key, last, last_at, epoch, base
        """,
        *_columns(streams),
        [stream.partition for stream in streams],
        last,
        last_at,
        epoch,
        base,
    )
    return {(row["topic"], row["key"]): _state(row) for row in rows}


def _state(row: asyncpg.Record) -> State:
    return row["last"], row["last_at"], row["epoch"], row["base"]


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
        stream.written = stream.last, stream.last_at, stream.epoch, stream.base = _state(row)


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
    headers = from_json(row["headers"])
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
    if changed := [stream for stream in streams if stream.state != stream.written]:
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
    content = envelope.ce_type, to_json(envelope.headers).decode(), envelope.body, held.arrived_at
    return *place, *content, held.attempts, held.due, held.dead_at, held.ahead, held.reason
