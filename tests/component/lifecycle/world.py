"""Four services on their databases; what they say to each other is carried by hand, in any order."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from contracts.base import Event
from contracts.catalogue import consumed_by, model_of, partition_of, topic_of
from eventing import EventingSettings, Handlers, Outbox, UnitOfWork, Works
from eventing.codec import LogRecord
from eventing.runner import Runner
from issuer.vault import Vault
from ordering.sealing import Sealers
from servicekit.institutions import Institution
from servicekit.keys import KeyRing
from tests.databases import Database

OCTOBER = datetime(2026, 10, 1, 8, tzinfo=UTC)


@dataclass
class Clock:
    """One for all services; it moves only when told to."""

    now: datetime = OCTOBER

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


class Crash(Exception):
    """The process dies before the commit."""


class Service:
    """One service: its units of work, what it has said, and its consumer without a broker."""

    def __init__(self, name: str, database: Database, handlers: Handlers, clock: Clock) -> None:
        self.name = name
        self.works = Works(database.pool, Outbox(name), clock)
        self.listens_to = {topic.name for topic in consumed_by(name)}
        self._runner = Runner(
            service=name, works=self.works, handlers=handlers, settings=EventingSettings(create_topics=True)
        )

    @asynccontextmanager
    async def begin(self, crash: bool) -> AsyncIterator[UnitOfWork]:
        """A unit of work, undone at its very end if the service crashes."""
        async with self.works.begin() as work:
            yield work
            if crash:
                raise Crash

    async def hear(self, records: Sequence[LogRecord], *, crash: bool = False) -> None:
        async with self.begin(crash) as work:
            await self._runner.apply(work, records, careful=False)


@dataclass
class Said:
    """What each service has said since the play began, and up to which row it was read."""

    events: dict[str, list[Event]] = field(default_factory=dict)
    read_to: dict[str, int] = field(default_factory=dict)


@dataclass
class Makings:
    """What the use cases are given: institution, keys, and the file of a portrait."""

    institution: Institution
    sealers: Sealers
    vault: Vault
    check_keys: KeyRing
    portrait: bytes


@dataclass
class World:
    services: Mapping[str, Service]
    clock: Clock
    makings: Makings
    student_ref: UUID = field(default_factory=uuid4)
    said: Said = field(default_factory=Said)

    async def begin_play(self) -> None:
        """What was said in earlier plays is no part of this one."""
        self.clock.now = OCTOBER
        for name, service in self.services.items():
            last = await service.works.pool.fetchval("select coalesce(max(id), 0) from events")
            self.said.read_to[name] = last

    async def listen(self, name: str) -> list[tuple[str, LogRecord]]:
        """What a service has said since the last time, once for each service that is to hear it."""
        fresh = await self._said_by(self.services[name])
        return [
            (service.name, record)
            for record in fresh
            for service in self.services.values()
            if record.topic in service.listens_to
        ]

    async def _said_by(self, service: Service) -> list[LogRecord]:
        rows = await service.works.pool.fetch(
            "select id, key, headers, body from events where id > $1 and number is not null order by id",
            self.said.read_to[service.name],
        )
        records = []
        for row in rows:
            headers: dict[str, str] = json.loads(row["headers"])
            model = model_of(headers["ce_type"])
            assert model is not None
            self.said.events.setdefault(service.name, []).append(model.model_validate_json(row["body"]))
            self.said.read_to[service.name] = row["id"]
            raw = [(name, value.encode()) for name, value in headers.items()]
            place = partition_of(row["key"])
            topic = topic_of(model).name
            records.append(LogRecord(topic, place, row["id"], row["key"].encode(), raw, row["body"]))
        return records
