"""The relay: sends what the outbox holds, lane by lane, in the order of writing.

A lane is one partition of one topic. Any number of relays may run: a lane is served by whoever holds its row.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import asyncpg
import structlog
from pydantic_core import from_json

from contracts.catalogue import PARTITIONS
from eventing import metrics
from eventing.database import TRANSIENT, Connection
from eventing.lanes import LaneRun, claim, forget_replaced, mark_sent, mark_served, read_unsent, take_back
from eventing.log import LogUnavailableError, LogWriter, OutgoingRecord
from eventing.settings import EventingSettings
from eventing.topics import TopicWatch, written_by
from eventing.work import Clock, Pool, system_clock

log = structlog.get_logger()

BATCH_BYTES = 512 * 1024

# Seconds. While a cluster chooses new leaders, what was seen of its topics before still holds for the others;
# if a log was replaced meanwhile, nothing that it acknowledged counts.
TRUSTED_FOR = 20

# Each holds a connection to the database for as long as its lane hangs.
FAILING_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Served:
    """What came of a round: the lanes that were claimed, and the events that were acknowledged."""

    lanes: int = 0
    events: int = 0


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
        pool: Pool,
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
        self._some_fail = asyncio.Event()
        self._writer: LogWriter | None = None
        self._connecting = asyncio.Lock()

    def wake(self) -> None:
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled. The first event goes at once, then at most one round per coalescing time."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._run_healthy())
            tasks.create_task(self._look_for_failing())
            for _ in range(FAILING_AT_ONCE - 1):
                tasks.create_task(self._help_with_failing())

    async def _run_healthy(self) -> None:
        while True:
            self._woken.clear()
            if (await self._attempt(self.serve_healthy)).events:
                await asyncio.sleep(self._settings.coalesce)
                if await self._something_waits():
                    continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._settings.relay_poll):
                    await self._woken.wait()

    async def _something_waits(self) -> bool:
        """Cheaper than a round that finds nothing. Who does not know looks again."""
        with suppress(*TRANSIENT):
            waits = 'select exists (select from events where "offset" is null)'
            return self._woken.is_set() or bool(await self._pool.fetchval(waits))
        return True

    async def _look_for_failing(self) -> None:
        while True:
            if not (await self._attempt(self.serve_failing)).lanes:
                self._some_fail.clear()
                await asyncio.sleep(self._settings.relay_poll)

    async def _help_with_failing(self) -> None:
        """One lane that hangs holds up no other; while none fails, nobody but the first looks."""
        while True:
            await self._some_fail.wait()
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
        if self._watch.age() > TRUSTED_FOR:
            raise LogUnavailableError("the broker is silent")
        async with self._pool.acquire() as connection, connection.transaction():
            lanes = await claim(connection, failing=failing, limit=limit, now=self._clock())
            if not lanes:
                return Served()
            if failing:
                self._some_fail.set()
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
        # Taken before sending: if the log is replaced meanwhile, nothing that it acknowledged counts.
        run.topic_id = self._watch.topic_id(run.topic)
        try:
            if run.topic_id is None:
                raise LogUnavailableError(run.topic)
            for rows in _batches(run.rows):
                first = await writer.send(run.topic, run.partition, [_record(row) for row in rows])
                run.acknowledge(rows, first)
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
        await forget_replaced(connection, runs)
        for run in runs:
            metrics.EVENTS_SENT.labels(run.topic).inc(len(run.acknowledged))
            if run.error is not None:
                log.warning("lane_failed", lane=run.lane, error=type(run.error).__name__)
            if run.cut_at is not None:
                await take_back(connection, run)
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
    headers = [(name, value.encode()) for name, value in from_json(row["headers"]).items()]
    return OutgoingRecord(row["key"].encode(), headers, row["body"])
