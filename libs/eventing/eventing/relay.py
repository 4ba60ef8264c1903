"""The relay: sends what the outbox holds, lane by lane, in the order of writing.

A lane is one partition of one topic. Any number of relays may run: a lane is served by whoever holds its row.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg
import structlog

from contracts.catalogue import PARTITIONS
from eventing import metrics
from eventing.database import TRANSIENT, Connection
from eventing.log import LogUnavailableError, LogWriter, OutgoingRecord
from eventing.settings import EventingSettings
from eventing.topics import TopicWatch, written_by
from eventing.work import Clock, system_clock

log = structlog.get_logger()

BATCH_BYTES = 512 * 1024
LONGEST_PAUSE = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Served:
    """What came of a round: the lanes that were claimed, and the events that were acknowledged."""

    lanes: int = 0
    events: int = 0


@dataclass(slots=True)
class LaneRun:
    """One lane in one round: what is to be sent, and how far it got."""

    lane: str
    rows: list[asyncpg.Record] = field(default_factory=list)
    topic_id: str | None = None
    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    error: BaseException | None = None

    @property
    def topic(self) -> str:
        return self.lane.rpartition("/")[0]

    @property
    def partition(self) -> int:
        return int(self.lane.rpartition("/")[2])


async def ensure_lanes(connection: Connection, service: str) -> None:
    lanes = [(topic.name, partition) for topic in written_by(service) for partition in range(PARTITIONS)]
    await connection.execute(
        """
        insert into lanes (lane, topic, partition)
        select t.topic || '/' || t.partition, t.topic, t.partition
        from unnest($1::text[], $2::smallint[]) as t (topic, partition)
        on conflict do nothing
        """,
        [topic for topic, _ in lanes],
        [partition for _, partition in lanes],
    )


class Relay:
    """Serves the healthy lanes together, and each lane that has failed in a transaction of its own."""

    def __init__(
        self,
        *,
        pool: "asyncpg.Pool[asyncpg.Record]",
        connect: Callable[[], Awaitable[LogWriter]],
        watch: TopicWatch,
        settings: EventingSettings,
        clock: Clock = system_clock,
    ) -> None:
        self._pool = pool
        self._connect = connect
        self._watch = watch
        self._settings = settings
        self._clock = clock
        self._woken = asyncio.Event()
        self._writer: LogWriter | None = None
        self._connecting = asyncio.Lock()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. The first event goes at once, then at most one round per coalescing time."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._run_healthy())
            tasks.create_task(self._run_failing())

    async def _run_healthy(self) -> None:
        while True:
            self._woken.clear()
            if (await self._attempt(self.serve_healthy)).events:
                await asyncio.sleep(self._settings.coalesce)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.relay_poll):
                    await self._woken.wait()

    async def _run_failing(self) -> None:
        while True:
            if not (await self._attempt(self.serve_failing)).lanes:
                await asyncio.sleep(self._settings.relay_poll)

    async def _attempt(self, serve: Callable[[], Awaitable[Served]]) -> Served:
        try:
            return await serve()
        except (LogUnavailableError, *TRANSIENT) as error:
            log.warning("relay_round_failed", error=type(error).__name__)
            await asyncio.sleep(self._settings.relay_poll)
            return Served()

    async def serve_healthy(self) -> Served:
        """One round over the lanes that work."""
        return await self._round(failing=False, limit=self._settings.relay_lanes)

    async def serve_failing(self) -> Served:
        """One round over one lane that has failed and is due again."""
        return await self._round(failing=True, limit=1)

    async def _round(self, *, failing: bool, limit: int) -> Served:
        if not self._watch.fresh():
            raise LogUnavailableError("the broker is silent")
        async with self._pool.acquire() as connection, connection.transaction():
            lanes = await claim(connection, failing=failing, limit=limit, now=self._clock())
            if not lanes:
                return Served()
            runs = await read_unsent(connection, lanes, self._settings.relay_batch)
            await self._send(runs)
            await self._record(connection, runs)
        return Served(len(lanes), sum(len(run.acknowledged) for run in runs))

    async def _send(self, runs: Sequence[LaneRun]) -> None:
        """Send the lanes side by side. Past its time a round is given up, and the writer with it."""
        writer = await self._connected()
        tasks = [asyncio.create_task(self._send_lane(writer, run)) for run in runs]
        try:
            _, late = await asyncio.wait(tasks, timeout=self._settings.relay_round)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if late:
            await self.disconnect()

    async def _send_lane(self, writer: LogWriter, run: LaneRun) -> None:
        """Batch after batch, the next one after the last was acknowledged; the first failure ends it."""
        run.error = TimeoutError("the round was over")
        # Taken before sending: if the log is replaced meanwhile, the row bears the old id and is sent again.
        run.topic_id = self._watch.topic_id(run.topic)
        try:
            if run.topic_id is None:
                raise LogUnavailableError(run.topic)
            for rows in _batches(run.rows):
                first = await writer.send(run.topic, run.partition, [_record(row) for row in rows])
                run.acknowledged += [(row["id"], first + place) for place, row in enumerate(rows)]
            run.error = None
        except Exception as error:  # noqa: BLE001 - whatever it is, this lane backs off and the others go on
            run.error = error

    async def _connected(self) -> LogWriter:
        async with self._connecting:
            if self._writer is None:
                self._writer = await self._connect()
            return self._writer

    async def disconnect(self) -> None:
        """Throw the writer away; the next round makes a new one."""
        writer, self._writer = self._writer, None
        if writer is not None:
            await writer.close()

    async def _record(self, connection: Connection, runs: Sequence[LaneRun]) -> None:
        for run in runs:
            metrics.EVENTS_SENT.labels(run.topic).inc(len(run.acknowledged))
            if run.error is not None:
                log.warning("lane_failed", lane=run.lane, error=type(run.error).__name__)
        await mark_sent(connection, runs)
        await mark_served(connection, runs, self._clock())


def _batches(rows: Sequence[asyncpg.Record]) -> Iterator[list[asyncpg.Record]]:
    batch: list[asyncpg.Record] = []
    size = 0
    for row in rows:
        length = len(row["body"]) + len(row["headers"])
        if batch and size + length > BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += length
    if batch:
        yield batch


def _record(row: asyncpg.Record) -> OutgoingRecord:
    headers = [(name, value.encode()) for name, value in json.loads(row["headers"]).items()]
    return OutgoingRecord(row["key"].encode(), headers, row["body"])


async def claim(connection: Connection, *, failing: bool, limit: int, now: datetime) -> list[str]:
    """Lock lanes that have something to send, least recently served first, passing over what others hold."""
    rows = await connection.fetch(
        """
        select l.lane from lanes l,
            lateral (
                select 1 from events e where e.lane = l.lane and e."offset" is null
                order by e.resend, e.id limit 1
            ) unsent
        where (l.failures > 0) = $1 and l.retry_at <= $2
        order by l.served_at, l.lane limit $3
        for update of l skip locked
        """,
        failing,
        now,
        limit,
    )
    return [row["lane"] for row in rows]


async def read_unsent(connection: Connection, lanes: Sequence[str], limit: int) -> list[LaneRun]:
    """What each lane has to send: live events by id, then what was asked for again."""
    runs = {lane: LaneRun(lane) for lane in lanes}
    rows = await connection.fetch(
        """
        select e.* from unnest($1::text[]) as l (lane),
            lateral (
                select id, lane, key, headers, body from events
                where lane = l.lane and "offset" is null order by resend, id limit $2
            ) e
        """,
        lanes,
        limit,
    )
    for row in rows:
        runs[row["lane"]].rows.append(row)
    return list(runs.values())


async def mark_sent(connection: Connection, runs: Sequence[LaneRun]) -> None:
    sent = [(*row, run.topic_id) for run in runs for row in run.acknowledged]
    await connection.execute(
        """
        update events e set "offset" = s."offset", topic_id = s.topic_id, resend = false
        from unnest($1::bigint[], $2::bigint[], $3::text[]) as s (id, "offset", topic_id)
        where e.id = s.id
        """,
        [row_id for row_id, _, _ in sent],
        [offset for _, offset, _ in sent],
        [topic_id for _, _, topic_id in sent],
    )


async def mark_served(connection: Connection, runs: Sequence[LaneRun], now: datetime) -> None:
    """A lane that worked is healthy; one that failed pauses, longer each time."""
    await connection.execute(
        """
        update lanes l set
            served_at = $4::timestamptz,
            failures = case when s.failed then l.failures + 1 else 0 end,
            retry_at = case when s.failed
                then $4::timestamptz
                    + least(interval '0.25 s' * power(2, least(l.failures, 10)), $5::interval)
                else $4::timestamptz end,
            acknowledged_topic_id = coalesce(s.topic_id, l.acknowledged_topic_id),
            acknowledged_offset = coalesce(s."offset", l.acknowledged_offset)
        from unnest($1::text[], $2::boolean[], $3::bigint[], $6::text[])
            as s (lane, failed, "offset", topic_id)
        where l.lane = s.lane
        """,
        [run.lane for run in runs],
        [run.error is not None for run in runs],
        [run.acknowledged[-1][1] if run.acknowledged else None for run in runs],
        now,
        LONGEST_PAUSE,
        [run.topic_id if run.acknowledged else None for run in runs],
    )
