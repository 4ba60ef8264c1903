"""What happens to a batch, in one transaction. It knows neither Kafka nor FastStream.

Per record: a number that was passed is a duplicate; the next one is applied; a larger one, or one whose
predecessor failed, waits. A record that fails alone never takes its batch along.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from opentelemetry import trace
from opentelemetry.propagate import extract

from contracts.base import Event
from contracts.catalogue import model_of, passes_held_key
from eventing import dead_letters, metrics
from eventing.codec import Envelope, LogRecord, Unreadable, decode
from eventing.database import TRANSIENT
from eventing.handlers import Handlers, Orphan, Received, ignore
from eventing.platform_events import on_platform_event
from eventing.settings import EventingSettings
from eventing.streams_in import Held, Stream, bury, postpone, postpone_ahead
from eventing.streams_in_rows import lock_streams, save_streams
from eventing.supervision import whereabouts
from eventing.work import UnitOfWork, Works

log = structlog.get_logger()
tracer = trace.get_tracer("eventing")

Turn = tuple[Stream, Held]

ORPHAN = "orphan: nobody here knows what it is about"


class TooManyFailuresError(Exception):
    """So many records in a row failed that the fault is here: better stop than bury them all."""


@dataclass(slots=True)
class _Pass:
    """One pass over streams. `careful`: isolate by savepoints; `counted`: failures may stop the consumer."""

    work: UnitOfWork
    careful: bool
    counted: bool


class Runner:
    """Applies batches with the handlers of one service."""

    def __init__(self, *, service: str, works: Works, handlers: Handlers, settings: EventingSettings) -> None:
        self._service = service
        self._works = works
        self._handlers = handlers
        self._settings = settings
        self._failures_in_a_row = 0

    async def apply(self, work: UnitOfWork, records: Sequence[LogRecord], *, careful: bool) -> None:
        """Apply a batch inside an open transaction.

        Without `careful` the error of a handler is raised; the batch is then to be repeated with it.
        """
        envelopes = await self._decode(work, records)
        numbered = [envelope for envelope in envelopes if envelope.number is not None]
        streams = await lock_streams(
            work.connection, {envelope.stream: envelope.partition for envelope in numbered}.items(), numbered
        )
        for envelope in numbered:
            outcome = streams[envelope.stream].take(envelope, work.now)
            metrics.RECORDS.labels(envelope.topic, outcome).inc()
        await self._move(_Pass(work, careful, counted=True), list(streams.values()))
        for envelope in envelopes:
            if envelope.number is None:
                await on_platform_event(work, self._service, envelope)

    async def retry_due(self) -> int:
        """Try again what has waited long enough; the number of streams that were looked at."""
        now = self._works.clock()
        if not await self._works.pool.fetchval("select exists (select 1 from waiting where due <= $1)", now):
            return 0
        async with self._works.begin() as work:
            rows = await work.connection.fetch(
                """
                select topic, key, partition from waiting where due <= $1
                group by topic, key, partition order by min(due) limit 200
                """,
                work.now,
            )
            due = [((row["topic"], row["key"]), row["partition"]) for row in rows]
            streams = await lock_streams(work.connection, due)
            await self._move(_Pass(work, careful=True, counted=False), list(streams.values()))
        return len(due)

    async def release_known(self) -> None:
        """What was unknown to an older version, and is known to this one, is due."""
        async with self._works.begin() as work:
            rows = await work.connection.fetch(
                "select distinct type from waiting where reason = 'unknown_type'"
            )
            await work.connection.execute(
                "update waiting set due = $2 where reason = 'unknown_type' and type = any($1)",
                [row["type"] for row in rows if model_of(row["type"]) is not None],
                work.now,
            )

    async def _decode(self, work: UnitOfWork, records: Sequence[LogRecord]) -> list[Envelope]:
        envelopes = []
        for record in records:
            try:
                envelopes.append(decode(record))
            except Unreadable as error:
                metrics.RECORDS.labels(record.topic, "unreadable").inc()
                await dead_letters.keep_unreadable(work, self._service, record, str(error))
        return envelopes

    async def _move(self, run: _Pass, streams: Sequence[Stream]) -> None:
        """Apply what has come to its turn, then what may pass a held key, and write the streams down."""
        while turns := self._turns(run, streams):
            groups: dict[type[Event], list[Turn]] = defaultdict(list)
            for stream, held in turns:
                groups[type(held.envelope.event)].append((stream, held))
            for group in groups.values():
                await self._apply(run, group)
        for stream in streams:
            await self._apply_ahead(run, stream)
            stream.settle(run.work.now)
        await save_streams(run.work.connection, streams)

    def _turns(self, run: _Pass, streams: Iterable[Stream]) -> list[Turn]:
        return [(stream, held) for stream in streams if (held := self._next(run, stream)) is not None]

    def _next(self, run: _Pass, stream: Stream) -> Held | None:
        """The record of a stream that a handler is to apply now; what needs none is passed on the way."""
        while held := stream.head(run.work.now):
            model = held.envelope.model
            if not held.envelope.erased:
                if model is None:
                    held.reason, held.due, held.dirty = "unknown_type", None, True
                    return None
                if self._handlers[model] is not ignore:
                    return held if self._readable(run, held) else None
            stream.advance()
        return None

    def _readable(self, run: _Pass, held: Held) -> bool:
        try:
            return held.envelope.event is not None
        except Unreadable as error:
            bury(held, str(error), run.work.now)
            self._report_dead(run, held)
            return False

    async def _apply(self, run: _Pass, group: Sequence[Turn]) -> None:
        """Apply one event of each stream in one call; halve the group until the culprit stands alone."""
        try:
            await self._handle(run, group)
        except TRANSIENT:
            raise
        except Exception as error:
            if not run.careful:
                raise
            if len(group) > 1:
                middle = len(group) // 2
                await self._apply(run, group[:middle])
                await self._apply(run, group[middle:])
                return
            self._fail(run, group[0][1], error)
            return
        self._failures_in_a_row = 0
        for stream, _ in group:
            stream.advance()

    async def _handle(self, run: _Pass, group: Sequence[Turn], *, ahead: bool = False) -> None:
        envelopes = [held.envelope for _, held in group]
        handler = self._handlers[type(envelopes[0].event)]
        received = [Received(each.event, each.rank, ahead) for each in envelopes]
        with _span(envelopes):
            if not run.careful:
                await handler(run.work, received)
                return
            async with run.work.savepoint():
                await handler(run.work, received)

    async def _apply_ahead(self, run: _Pass, stream: Stream) -> None:
        """What must not wait takes effect now, and is met again in its turn. A failure waits for it."""
        for _, held in sorted(stream.held.items()):
            if held.ahead or not held.ready(run.work.now) or not _may_pass(held):
                continue
            try:
                await self._handle(_Pass(run.work, careful=True, counted=False), [(stream, held)], ahead=True)
            except TRANSIENT:
                raise
            except Exception as error:  # noqa: BLE001 - it stays in `waiting` and is applied in its turn
                log.warning("ahead_failed", type=held.envelope.ce_type, error=type(error).__name__)
                postpone_ahead(held, _reason(error), run.work.now, self._settings)
                continue
            held.ahead, held.dirty = True, True

    def _fail(self, run: _Pass, held: Held, error: Exception) -> None:
        if isinstance(error, Orphan):
            bury(held, ORPHAN, run.work.now)
            dead_letters.publish_copy(run.work, self._service, held)
            return
        place = {"type": held.envelope.ce_type, "attempts": held.attempts + 1, "at": whereabouts(error)}
        log.warning("record_failed", error=type(error).__name__, **place)
        metrics.RECORDS.labels(held.envelope.topic, "failed").inc()
        if postpone(held, _reason(error), run.work.now, self._settings):
            self._report_dead(run, held)
        else:
            self._count(run)

    def _report_dead(self, run: _Pass, held: Held) -> None:
        metrics.RECORDS.labels(held.envelope.topic, "dead").inc()
        dead_letters.publish_copy(run.work, self._service, held)
        self._count(run)

    def _count(self, run: _Pass) -> None:
        self._failures_in_a_row += run.counted
        if self._failures_in_a_row > self._settings.failures_in_a_row:
            self._failures_in_a_row = 0
            raise TooManyFailuresError(f"{self._settings.failures_in_a_row} records failed in a row")


def _may_pass(held: Held) -> bool:
    try:
        known = held.envelope.model is not None and not held.envelope.erased
        return known and passes_held_key(held.envelope.event)
    except Unreadable:
        return False


def _reason(error: Exception) -> str:
    """What an operator needs to start looking. The message may hold private data, so it is not kept."""
    return f"failed: {type(error).__name__}"


@contextmanager
def _span(envelopes: Sequence[Envelope]) -> Iterator[None]:
    """Tells that a handler failed, and not how: the message may hold private data."""
    with tracer.start_as_current_span(
        f"apply {envelopes[0].ce_type}",
        links=_links(envelopes),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception:
            span.set_status(trace.StatusCode.ERROR)
            raise


def _links(envelopes: Sequence[Envelope]) -> list[trace.Link]:
    contexts = (extract(envelope.headers) for envelope in envelopes if "traceparent" in envelope.headers)
    spans = (trace.get_current_span(context).get_span_context() for context in contexts)
    return [trace.Link(span) for span in spans if span.is_valid]
