"""Two services on a simulated log: ordering speaks, issuer listens. Every step is taken by hand."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from contracts.base import Event
from contracts.catalogue import ORDERS, PARTITIONS, REPLAYS, consumed_by
from eventing import Eventing, EventingSettings, Received, UnitOfWork, ignore
from eventing.codec import LIMIT
from tests.component.eventing.simulated_log import Place, ScriptedWriter, SimulatedLog, SimulatedReader

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"

SETTINGS = EventingSettings(
    create_topics=True,
    coalesce=0,
    retry_first=1,
    attempts=3,
    failures_in_a_row=20,
    relay_round=0.5,
    watch_interval=60,
)


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Projection:
    """What the listener has applied, per order and in the order of application; it may be told to fail."""

    applied: dict[UUID, list[tuple[int, str]]] = field(default_factory=lambda: defaultdict(list))
    ahead: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))
    fails: Callable[[Received[Any]], bool] = lambda _received: False
    calls: list[int] = field(default_factory=list)

    async def handle(self, work: UnitOfWork, received: list[Received[Any]]) -> None:
        for each in received:
            if self.fails(each):
                raise ValueError("told to fail")
        self.calls.append(len(received))
        work.after_commit(lambda: self._record(received))

    def _record(self, received: list[Received[Any]]) -> None:
        for each in received:
            name = type(each.event).__name__
            if each.ahead:
                self.ahead[each.event.order_id].append(name)
            else:
                self.applied[each.event.order_id].append((each.number % LIMIT, name))

    def numbers(self, order_id: UUID) -> list[int]:
        return [number for number, _ in self.applied[order_id]]


def handlers_of(service: str, handler: Any) -> dict[type[Event], Any]:
    return {event: handler for topic in consumed_by(service) for event in topic.events}


@dataclass
class World:
    log: SimulatedLog
    clock: Clock
    writer: ScriptedWriter
    ordering: Eventing
    issuer: Eventing
    reader: SimulatedReader
    owner_reader: SimulatedReader
    projection: Projection
    ordering_pool: Pool
    issuer_pool: Pool

    async def say(self, *events: Callable[[UnitOfWork], Event]) -> None:
        """Publish events of ordering in one transaction."""
        async with self.ordering.works.begin() as work:
            work.publish(*(event(work) for event in events))

    async def send(self) -> int:
        """Serve ordering's lanes until nothing is left that a healthy lane could send."""
        total = 0
        while sent := (await self.ordering.relay.serve_healthy()).events:
            total += sent
        return total

    async def hear(self) -> None:
        """Let issuer read what is in the log."""
        await self.issuer.consumer.step()

    async def heal(self) -> None:
        """Carry issuer's questions to ordering, ordering's answers to issuer."""
        while (await self.issuer.relay.serve_healthy()).events:
            pass
        await self.ordering.consumer.step()
        await self.ordering.answer()
        await self.send()
        await self.hear()

    async def another_issuer(self, places: Sequence[Place]) -> Eventing:
        """A second replica of the listening service, on the same database, that has these partitions."""
        reader = SimulatedReader(self.log, [])
        replica = Eventing(
            service="issuer",
            pool=self.issuer_pool,
            handlers=handlers_of("issuer", self.projection.handle),
            reader=reader,
            settings=SETTINGS,
            clock=self.clock,
            admin=self.log,
        )
        await replica.watch.look()
        await reader.start(replica.consumer)
        await reader.assign(places)
        return replica

    async def connect(self) -> ScriptedWriter:
        return self.writer

    async def positions(self) -> dict[int, int]:
        rows = await self.issuer_pool.fetch("select * from positions where topic = $1", ORDERS.name)
        return {row["partition"]: row["next_offset"] for row in rows}


async def make_world(ordering: Pool, issuer: Pool) -> World:
    log, clock, projection = SimulatedLog(), Clock(), Projection()
    writer = ScriptedWriter(log)

    async def connect() -> ScriptedWriter:
        return writer

    owner_reader = SimulatedReader(log, [REPLAYS.name])
    reader = SimulatedReader(log, [ORDERS.name, REPLAYS.name])
    common: dict[str, Any] = {"settings": SETTINGS, "clock": clock, "admin": log, "connect": connect}
    speaks = Eventing(
        service="ordering",
        pool=ordering,
        handlers=handlers_of("ordering", ignore),
        reader=owner_reader,
        **common,
    )
    listens = Eventing(
        service="issuer",
        pool=issuer,
        handlers=handlers_of("issuer", projection.handle),
        reader=reader,
        **common,
    )
    for each, its_reader in ((speaks, owner_reader), (listens, reader)):
        await each.prepare()
        await each.watch.look()
        await its_reader.start(each.consumer)
    world = World(log, clock, writer, speaks, listens, reader, owner_reader, projection, ordering, issuer)
    await world.heal()
    world.projection.calls.clear()
    assert set(await world.positions()) == set(range(PARTITIONS))
    return world
