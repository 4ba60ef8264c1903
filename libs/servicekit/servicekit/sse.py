"""Server-sent events: what came after the last id the client has, then every change, until the stream ends.

Ids belong to one stream and are given by the caller; nothing is kept here, so nothing can overflow.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import StreamingResponse

from servicekit.problems import Problem, Text

LIFETIME = 15 * 60
HEARTBEAT = 15
PAGE = 200

_open: set[asyncio.Event] = set()


class BadLastEventId(Problem):
    """The id to resume after is not one that we gave."""

    status = 400
    code = "BAD_LAST_EVENT_ID"
    title = Text("Nieprawidłowy Last-Event-ID", "Bad Last-Event-ID")
    detail = Text("Połącz się ponownie bez tego nagłówka.", "Connect again without this header.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a stream: `id` grows within the stream, `data` is anything that JSON can say."""

    id: int
    event: str
    data: Any


class WakeUps(Protocol):
    """A subscription that is already open while the backlog is read."""

    async def wait(self, seconds: float) -> bool: ...


ReadAfter = Callable[[int], Awaitable[Sequence[Entry]]]
StillAllowed = Callable[[], Awaitable[bool]]


def last_event_id(request: Request) -> int:
    """The `Last-Event-ID` header, or `last_event_id` in the query for the first connection; 0 for none."""
    text = request.headers.get("last-event-id") or request.query_params.get("last_event_id") or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise BadLastEventId
    return int(text)


def event_stream(
    request: Request,
    *,
    subscription: AbstractAsyncContextManager[WakeUps],
    read: ReadAfter,
    still_allowed: StillAllowed | None = None,
    ends_at: datetime | None = None,
    heartbeat: float = HEARTBEAT,
    lifetime: float = LIFETIME,
) -> StreamingResponse:
    """Subscribes first and then reads the backlog, so nothing falls between.

    `read(after)` gives the entries with a larger id, in order, at most PAGE of them. The stream ends after
    15 minutes, at `ends_at` (of the session or token), or when `still_allowed` says no at a heartbeat; the
    browser then connects again and is checked again by the route.
    """
    after = last_event_id(request)
    seconds = lifetime
    if ends_at is not None:
        seconds = min(seconds, (ends_at - datetime.now(UTC)).total_seconds())
    stream = _Stream(subscription, read, still_allowed, heartbeat, time.monotonic() + seconds)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream.send(after), media_type="text/event-stream", headers=headers)


@dataclass(frozen=True, slots=True)
class _Stream:
    subscription: AbstractAsyncContextManager[WakeUps]
    read: ReadAfter
    still_allowed: StillAllowed | None
    heartbeat: float
    end: float

    async def send(self, after: int) -> AsyncIterator[bytes]:
        stopping = asyncio.Event()
        _open.add(stopping)
        next_beat = time.monotonic() + self.heartbeat
        try:
            async with self.subscription as wake_ups:
                yield b"retry: 1000\n\n"
                while not stopping.is_set() and time.monotonic() < self.end:
                    entries = await self.read(after)
                    for entry in entries:
                        yield encode(entry)
                        after = entry.id
                    if time.monotonic() >= next_beat:
                        if not await self._may_go_on():
                            return
                        yield b": \n\n"
                        next_beat = time.monotonic() + self.heartbeat
                    if not entries:
                        await _wait(wake_ups, stopping, min(next_beat, self.end) - time.monotonic())
        finally:
            _open.discard(stopping)

    async def _may_go_on(self) -> bool:
        return self.still_allowed is None or await self.still_allowed()


async def _wait(wake_ups: WakeUps, stopping: asyncio.Event, seconds: float) -> None:
    """Until woken, stopped, or the time is over."""
    waits = {asyncio.ensure_future(wake_ups.wait(max(seconds, 0))), asyncio.ensure_future(stopping.wait())}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)


def encode(entry: Entry) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (entry.id, entry.event.encode(), to_json(entry.data))


def end_all_streams() -> None:
    """The process stops; clients connect again elsewhere."""
    for stopping in list(_open):
        stopping.set()
