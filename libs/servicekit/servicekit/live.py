"""Telling open streams that something changed, on every replica, without a query per stream.

A wake-up only says "look again": what changed is read by the stream itself, by ids of its own.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Generic, Self, TypeVar

import asyncpg
import structlog

from eventing.supervision import keep_running
from servicekit.database import Connection, Pool

log = structlog.get_logger()

Key = TypeVar("Key")
Versions = Callable[[Connection, list[Key]], Awaitable[Mapping[Key, int]]]

POLL = 1.0  # the fall-back when a notification was lost
COALESCE = 0.02
RETRY = 0.5
_FAULTS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)


class Subscription:
    """One listener; wake-ups that come while nobody waits are kept as one."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()

    def wake(self) -> None:
        self._woken.set()

    async def wait(self, seconds: float) -> bool:
        """True when woken since the last call, False after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        woken = self._woken.is_set()
        self._woken.clear()
        return woken


class ChangeFeed(Generic[Key]):
    """`touch` after a commit; subscribers of the key wake here at once, and on other replicas by NOTIFY.

    `versions(connection, keys)` answers one number per key that grows with every change (a key without
    rows may be left out). It is asked once per wake for all keys that have local subscribers.
    """

    def __init__(self, pool: Pool, channel: str, versions: Versions[Key], *, poll: float = POLL) -> None:
        if not channel.isidentifier():
            raise ValueError("a channel is named like an identifier")
        self._pool = pool
        self._channel = channel
        self._versions = versions
        self._poll = poll
        self._subscribers: defaultdict[Key, set[Subscription]] = defaultdict(set)
        self._known: dict[Key, int] = {}
        self._look = asyncio.Event()
        self._tell = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(keep_running(f"{self._channel}-listen", self._listen)),
            asyncio.create_task(keep_running(f"{self._channel}-look", self._look_again)),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def touch(self, key: Key) -> None:
        """Wakes local subscribers without a query; one NOTIFY follows for all touches of 20 ms."""
        self._tell.set()
        for subscription in self._subscribers.get(key, ()):
            subscription.wake()

    @asynccontextmanager
    async def subscribe(self, key: Key) -> AsyncIterator[Subscription]:
        subscription = Subscription()
        self._subscribers[key].add(subscription)
        self._look.set()
        try:
            yield subscription
        finally:
            self._subscribers[key].discard(subscription)
            if not self._subscribers[key]:
                del self._subscribers[key]
                self._known.pop(key, None)

    async def _listen(self) -> None:
        """Owns one connection that hears other replicas and tells them of us; reconnects for ever."""
        while True:
            try:
                async with self._pool.acquire() as connection:
                    await self._serve(connection)
            except _FAULTS as error:
                log.warning("change_feed_disconnected", channel=self._channel, reason=type(error).__name__)
                await asyncio.sleep(RETRY)

    async def _serve(self, connection: Connection) -> None:
        own = connection.get_server_pid()

        def heard(_connection: object, pid: int, _channel: str, _payload: object) -> None:
            if pid != own:
                self._look.set()

        await connection.add_listener(self._channel, heard)
        try:
            while True:
                await self._touched(connection)
                await asyncio.sleep(COALESCE)
                self._tell.clear()
                await connection.execute(f"notify {self._channel}")
        finally:
            with suppress(*_FAULTS):
                await connection.remove_listener(self._channel, heard)

    async def _touched(self, connection: Connection) -> None:
        """Until something was touched; a connection that died meanwhile is noticed within seconds."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(5):
                    await self._tell.wait()
            if self._tell.is_set():
                return
            if connection.is_closed():
                raise asyncpg.InterfaceError("the connection was closed")

    async def _look_again(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll):
                    await self._look.wait()
            self._look.clear()
            try:
                await self._wake_changed()
            except _FAULTS as error:
                log.warning("change_feed_not_read", channel=self._channel, reason=type(error).__name__)
                await asyncio.sleep(RETRY)

    async def _wake_changed(self) -> None:
        keys = list(self._subscribers)
        if not keys:
            return
        async with self._pool.acquire() as connection:
            versions = await self._versions(connection, keys)
        for key in keys:
            version = versions.get(key, 0)
            if self._known.get(key) != version and key in self._subscribers:
                self._known[key] = version
                for subscription in self._subscribers[key]:
                    subscription.wake()
