"""The event streams of one service process: relay, consumer, watch and healing, started together."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import monotonic
from typing import Self

import structlog

from contracts.catalogue import consumed_by
from eventing import pipeline, positions, reconciliation, replay
from eventing.consumer import Consumer
from eventing.handlers import Handlers, check_handlers
from eventing.kafka import KafkaReader, KafkaWriter
from eventing.kafka_admin import KafkaAdmin
from eventing.log import LogAdmin, LogReader, LogWriter
from eventing.outbox import Outbox
from eventing.pipeline import Backlog, PipelineReport
from eventing.relay import Relay, ensure_lanes
from eventing.runner import Runner
from eventing.settings import EventingSettings
from eventing.supervision import keep_repeating, keep_running
from eventing.topics import TopicWatch, read_by
from eventing.work import Clock, Pool, Works, system_clock

log = structlog.get_logger()


class Eventing:
    """Everything a service needs to speak and to hear. The log may be replaced for tests."""

    def __init__(
        self,
        *,
        service: str,
        pool: Pool,
        handlers: Handlers,
        settings: EventingSettings,
        clock: Clock = system_clock,
        admin: LogAdmin | None = None,
        reader: LogReader | None = None,
        connect: Callable[[], Awaitable[LogWriter]] | None = None,
    ) -> None:
        check_handlers(service, handlers)
        self.service = service
        self.settings = settings
        self._pool = pool
        self.works = Works(pool, Outbox(service, self._wake), clock)
        self.watch = TopicWatch(
            service=service, admin=admin or KafkaAdmin(settings), works=self.works, settings=settings
        )
        self.relay = Relay(
            pool=pool,
            connect=connect or (lambda: KafkaWriter.connect(settings)),
            watch=self.watch,
            settings=settings,
            clock=clock,
        )
        self.runner = Runner(service=service, works=self.works, handlers=handlers, settings=settings)
        self.consumer = Consumer(
            service=service,
            reader=reader or KafkaReader([topic.name for topic in read_by(service)], service, settings),
            watch=self.watch,
            works=self.works,
            runner=self.runner,
            settings=settings,
        )
        self._backlog = Backlog()
        self._measured_at = monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    def _wake(self) -> None:
        self.relay.wake()
        self.consumer.expect_data()

    async def prepare(self) -> None:
        """Make the rows that the relay claims."""
        async with self._pool.acquire() as connection:
            await ensure_lanes(connection, self.service)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Begin in the background; nothing here waits for the broker, so HTTP can be served without it."""
        await self.prepare()
        repeated: list[tuple[str, float, Callable[[], Awaitable[object]]]] = [
            ("watch", self.settings.watch_interval, self.watch.look),
            ("retries", self.settings.retry_first, self.runner.retry_due),
            ("gaps", 5, self._ask_for_gaps),
            ("answers", self.settings.relay_poll, self.answer),
            ("reconciliation", 60, self._reconcile),
            ("measures", 2, self._measure),
            ("display", 5, self.consumer.show),
            ("housekeeping", 3600, self._prune),
        ]
        tasks = [keep_repeating(*each) for each in repeated]
        tasks += [keep_running("relay", self.relay.run), keep_running("consumer", self.consumer.run)]
        self._tasks = [asyncio.create_task(task) for task in tasks]

    async def stop(self) -> None:
        """End what is under way; the consumer leaves its group, and a claimed lane is free again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.relay.disconnect()

    async def behind(self) -> bool:
        """Whether facts may be missing here that others have told: what a clock decides must stand still.

        It asks the database, in which the positions of all replicas stand: any of them may lag.
        """
        if not self.watch.fresh():
            return True
        async with self._pool.acquire() as connection:
            known = await positions.read_positions(connection)
        return positions.behind(known, [topic.name for topic in consumed_by(self.service)], self.watch.states)

    async def ask_for_replay(self, question: replay.Question, *, by: str) -> bool:
        """Ask an owner to send events again; False when the same was asked a moment ago."""
        async with self.works.begin() as work:
            return await replay.ask(work, question, by=by, settings=self.settings)

    async def answer(self) -> None:
        """Mark for the relay what others have asked for."""
        while await replay.answer_slice(self.works):
            pass

    def pipeline(self) -> PipelineReport:
        """What an operator should know now. It reads what was measured, and never waits."""
        consumer = pipeline.consumer_check(
            stopped_because=self.consumer.stopped_because,
            ready=self.consumer.ready(),
            idle_for=monotonic() - self.consumer.polled_at,
            lag=self.consumer.lag(),
            settings=self.settings,
        )
        database = pipeline.database_check(monotonic() - self._measured_at)
        return PipelineReport(
            {
                "database": database,
                "broker": pipeline.broker_check(self.watch.age(), self.watch.refused, database),
                "consumer": consumer,
                "outbox": pipeline.outbox_check(self._backlog),
                "dead_letters": pipeline.dead_letter_check(self._backlog),
            }
        )

    async def _ask_for_gaps(self) -> None:
        async with self.works.begin() as work:
            await replay.ask_for_gaps(work, by=self.service, settings=self.settings)

    async def _reconcile(self) -> None:
        async with self.works.begin() as work:
            await reconciliation.compare_digests(work, by=self.service, settings=self.settings)
            await reconciliation.publish_digests(work, self.service)

    async def _measure(self) -> None:
        self._backlog = await pipeline.measure(self.works, self.service)
        self._measured_at = monotonic()
        pipeline.tell_lags(self.consumer.lags())
        if self._wedged():
            log.critical("wedged", idle_for=round(monotonic() - self.consumer.polled_at))
            os._exit(1)

    def _wedged(self) -> bool:
        """The broker answers and the consumer neither polls nor was stopped: only a new process helps."""
        silent = monotonic() - self.consumer.polled_at
        waiting = self.consumer.stopped_because is None and silent > self.settings.wedged_after
        return waiting and self.watch.fresh()

    async def _prune(self) -> None:
        """What belongs to no order goes when no log has it: questions, digests, copies, the unreadable."""
        async with self.works.begin() as work:
            before = work.now - timedelta(days=8)
            await work.connection.execute(
                'delete from events where number is null and "offset" is not null and occurred_at < $1',
                before,
            )
            await work.connection.execute("delete from unreadable where arrived_at < $1", before)
            await work.connection.execute("delete from asks where next_at < $1", before)
