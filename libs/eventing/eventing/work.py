"""A unit of work: one transaction with its clock, its ids and the events it will publish."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import UUID

import asyncpg
from uuid_utils.compat import uuid7

from contracts.base import Event
from contracts.catalogue import key_of
from eventing.database import Connection
from eventing.outbox import Blanked, DeadLetterCopy, Outbox, Published, erase_keys

Clock = Callable[[], datetime]
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"


def system_clock() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Look:
    """What a use case needs that only reads: each statement sees what was committed before it."""

    connection: Connection
    now: datetime


@dataclass(slots=True)
class UnitOfWork(Look):
    """Everything a use case needs of the outside; `now` is fixed for the whole transaction."""

    published: list[Published] = field(default_factory=list)
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    erased: set[str] = field(default_factory=set)

    def new_id(self) -> UUID:
        return uuid7()

    def publish(self, *events: Event | DeadLetterCopy) -> None:
        """Buffer events; they get their numbers in the last statement before the commit."""
        self.published.extend(events)

    def erase(self, key: object) -> None:
        """Blank all that is kept of a key, what was published before in this unit of work included."""
        self.erased.add(str(key))
        self.published[:] = [
            Blanked(event) if isinstance(event, Event) and key_of(event) == str(key) else event
            for event in self.published
        ]

    def forget_copies(self) -> None:
        """A copy of a dead letter has what was erased in it, however late it died."""
        self.published[:] = [
            each
            for each in self.published
            if not (isinstance(each, DeadLetterCopy) and each.key in self.erased)
        ]

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Run once after a commit, never after a rollback."""
        self.callbacks.append(callback)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo rows, events and callbacks of the block together when it raises."""
        saved = list(self.published), list(self.callbacks), set(self.erased)
        try:
            async with self.connection.transaction():
                yield
        except BaseException:
            self.published[:], self.callbacks[:], self.erased = saved
            raise


class Works:
    """Opens units of work on one pool and hands their events to one outbox."""

    def __init__(self, pool: Pool, outbox: Outbox, clock: Clock = system_clock) -> None:
        self.pool = pool
        self.clock = clock
        self._outbox = outbox

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Look]:
        """Without a transaction, whose begin and end would be two of three round trips."""
        async with self.pool.acquire() as connection:
            yield Look(connection, self.clock())

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[UnitOfWork]:
        """Commit on success, roll back on any error; what was published leaves after the commit."""
        async with self.pool.acquire() as connection, connection.transaction():
            work = UnitOfWork(connection, self.clock())
            yield work
            if work.erased:
                await erase_keys(connection, work.erased)
                work.forget_copies()
            await self._outbox.add(connection, work.published)
        if work.published:
            self._outbox.wake()
        for callback in work.callbacks:
            callback()
