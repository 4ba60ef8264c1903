"""The consumer: fetches batches, hands each to the runner in one transaction, and keeps its own positions."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from time import monotonic

import asyncpg
import structlog

from eventing import metrics, positions
from eventing.codec import LogRecord
from eventing.database import TRANSIENT
from eventing.log import LogReader, LogUnavailableError
from eventing.positions import OldLogError, Place, Position, PositionLostError
from eventing.replay import publish_question
from eventing.runner import Runner, TooManyFailuresError
from eventing.settings import EventingSettings
from eventing.topics import TopicWatch
from eventing.work import UnitOfWork, Works

log = structlog.get_logger()

IMMEDIATE_RETRIES = 3


class Consumer:
    """Reads what the group gives to this process. Nothing is handled while the assignment changes."""

    def __init__(
        self,
        *,
        service: str,
        reader: LogReader,
        watch: TopicWatch,
        works: Works,
        runner: Runner,
        settings: EventingSettings,
    ) -> None:
        self._service = service
        self._reader = reader
        self._watch = watch
        self._works = works
        self._runner = runner
        watch.read_so_far = self.read_so_far
        self._settings = settings
        self._gate = asyncio.Lock()
        self._closed = False
        self._assignment = 0
        self._to_begin: set[Place] = set()
        self._reading: dict[Place, str] = {}
        self._holes: dict[Place, tuple[int, int]] = {}
        self._moved_at = monotonic()
        self.next_offsets: dict[Place, int] = {}
        self.polled_at = monotonic()
        self.stopped_because: str | None = None

    def ready(self) -> bool:
        """Whether every partition that was given to this process has its position."""
        return self._assignment > 0 and not self._closed and not self._to_begin

    def lags(self) -> dict[Place, int]:
        """Records of each partition that the log held at the last look and that are not handled yet.

        A partition whose leader does not answer may hold one.
        """
        return {
            (topic, partition): max(
                0, self._watch.states[topic].ends.get(partition, next_offset + 1) - next_offset
            )
            for (topic, partition), next_offset in self.next_offsets.items()
            if topic in self._watch.states
        }

    def lag(self) -> int:
        return sum(self.lags().values())

    def expect_data(self) -> None:
        """Something was sent: ask the broker often for a while."""
        self._moved_at = monotonic()

    async def run(self) -> None:
        """Until cancelled, or until too many records in a row have failed."""
        await self._watch.look()
        # Until now the broker was silent: that nothing was polled says nothing about this process.
        self.polled_at = monotonic()
        try:
            await self._reader.start(self)
            while True:
                await self.step()
        except TooManyFailuresError as error:
            log.critical("consumer_stopped", reason=str(error))
            self.stopped_because = str(error)
        finally:
            await self._reader.stop()

    async def step(self) -> None:
        """One poll and, if it brought something, one batch."""
        if self._to_begin:
            async with self._through_gate():
                await self._try_to_begin()
        assignment = self._assignment
        async with asyncio.timeout(self._settings.stalled_after):
            records = await self._reader.poll(max_records=self._settings.batch_records, awake=self._awake())
        self.polled_at = monotonic()
        async with self._through_gate():
            self._check_log()
            if assignment != self._assignment:
                self._to_begin |= self._reading.keys()
            elif batch := self._in_place(records):
                await self._handle(batch)
        if 0 < len(records) < self._settings.batch_records:
            await asyncio.sleep(self._settings.coalesce)

    @asynccontextmanager
    async def _through_gate(self) -> AsyncIterator[None]:
        """A group that never comes to its end is left, and joined anew with another client."""
        async with asyncio.timeout(self._settings.stalled_after):
            await self._gate.acquire()
        try:
            yield
        finally:
            self._gate.release()

    def _awake(self) -> bool:
        return monotonic() - self._moved_at < self._settings.awake_for

    async def close(self) -> None:
        """The assignment is about to change: a batch under way ends first, or gives up its retries."""
        already, self._closed = self._closed, True
        if not already:
            await self._gate.acquire()
        self._assignment += 1
        self._reading, self.next_offsets, self._to_begin = {}, {}, set()

    async def open(self, partitions: Iterable[Place]) -> None:
        """The assignment has changed: begin where the database says. What fails is begun by the next step."""
        self._to_begin = set(partitions)
        try:
            await self._try_to_begin()
        finally:
            if self._closed:
                self._closed = False
                self._gate.release()

    async def _try_to_begin(self) -> None:
        try:
            await self._begin()
        except OldLogError as error:
            self.stopped_because = str(error)
        except (LogUnavailableError, PositionLostError, *TRANSIENT) as error:
            log.warning("positions_not_read", error=type(error).__name__)

    async def _begin(self) -> None:
        """Begin reading where the database says, and ask for what was lost before it.

        A partition whose leader does not answer is begun by a later step, the others now.
        """
        if not self._to_begin:
            return
        await self._watch.look()
        # An older replica may have left what it did not know: it leaves by a change of assignment.
        await self._runner.release_known()
        begins = await self._watch.begins({topic for topic, _ in self._to_begin})
        places = [place for place in sorted(self._to_begin) if self._is_known(place, begins)]
        if not places:
            return
        async with self._works.begin() as work:
            known = await positions.read_positions(work.connection)
            begun = {
                place: await self._begin_at(work, place, known.get(place), begins[place[0]][place[1]])
                for place in places
            }
        for (topic, partition), position in begun.items():
            self._reader.seek(topic, partition, position.next_offset)
            self._reading[topic, partition] = position.topic_id
            self.next_offsets[topic, partition] = position.next_offset
        self._to_begin -= set(places)
        self.stopped_because = None
        log.info("reading_begins", topics=sorted({topic for topic, _ in places}), partitions=len(places))

    def _is_known(self, place: Place, begins: Mapping[str, Mapping[int, int]]) -> bool:
        topic, partition = place
        return partition in begins[topic] and partition in self._watch.states[topic].ends

    async def _begin_at(self, work: UnitOfWork, place: Place, known: Position | None, begin: int) -> Position:
        start = positions.decide_start(place, known, self._watch.states[place[0]], begin)
        if start.position != known and not await positions.begin_at(
            work.connection, place, known, start.position
        ):
            raise PositionLostError
        if start.question is not None:
            publish_question(work, start.question, by=self._service)
        return start.position

    def read_so_far(self) -> dict[Place, tuple[str, int]]:
        """The last offset read of each partition, with the log it was read in."""
        return {
            place: (topic_id, self.next_offsets[place] - 1)
            for place, topic_id in self._reading.items()
            if self.next_offsets[place] > 0
        }

    def _check_log(self) -> None:
        """A partition whose log has another id, or ends before what was read of it, begins anew."""
        for place, topic_id in list(self._reading.items()):
            if self._watch.topic_id(place[0]) != topic_id or place in self._watch.cut_off:
                del self._reading[place], self.next_offsets[place]
                self._to_begin.add(place)

    def _in_place(self, records: Sequence[LogRecord]) -> list[LogRecord]:
        """The records that go on where their partition stands.

        A partition that jumped is read again from its position: a record may have been dropped on the way. A
        hole that is still there then is one of the log. What it held is missed when a later number of its
        stream comes, or else by the next digest, and asked for.
        """
        batch: list[LogRecord] = []
        for place, of_place in groupby(records, lambda record: (record.topic, record.partition)):
            run = list(of_place)
            if place not in self._reading:
                continue
            if self._jumps(place, self.next_offsets[place], run[0].offset):
                self._to_begin.add(place)
            else:
                batch += run
        return batch

    def _jumps(self, place: Place, expected: int, offset: int) -> bool:
        if offset == expected or self._holes.get(place) == (expected, offset):
            return False
        self._holes[place] = (expected, offset)
        return True

    async def show(self) -> None:
        """Kafka's own positions are for display: lag in its tools, and scaling by it."""
        await self._reader.show(dict(self.next_offsets))

    async def _handle(self, batch: Sequence[LogRecord]) -> None:
        """One batch in one transaction, repeated until it is through or the assignment changes."""
        careful, deadlocks = False, 0
        while not self._closed:
            try:
                with metrics.BATCH_SECONDS.labels(self._service).time():
                    await self._transaction(batch, careful=careful)
                break
            except PositionLostError:
                self._to_begin |= {(record.topic, record.partition) for record in batch}
                break
            except asyncpg.DeadlockDetectedError:
                metrics.DEADLOCKS.labels(self._service).inc()
                deadlocks += 1
                await asyncio.sleep(0 if deadlocks <= IMMEDIATE_RETRIES else self._settings.retry_first)
            except TRANSIENT as error:
                log.warning("batch_postponed", error=type(error).__name__)
                await asyncio.sleep(self._settings.retry_first)
            except TooManyFailuresError:
                raise
            except Exception as error:
                if careful:
                    raise
                log.warning("batch_isolated", error=type(error).__name__)
                careful = True

    async def _transaction(self, batch: Sequence[LogRecord], *, careful: bool) -> None:
        async with self._works.begin() as work:
            await positions.move(work, batch, self._reading, self.next_offsets)
            await self._runner.apply(work, batch, careful=careful)
        self.expect_data()
        for record in batch:
            self.next_offsets[record.topic, record.partition] = record.offset + 1
