import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.requests import Request

from servicekit.live import Subscription
from servicekit.sse import (
    BadLastEventId,
    Entry,
    _Stream,
    encode,
    end_all_streams,
    event_stream,
    last_event_id,
)
from tests.mutants import Mutant, apply, holds_against


class Listener(Subscription):
    """Counts how often it had to wait, since nobody had woken it yet."""

    slept = 0

    async def wait(self, seconds: float) -> bool:
        self.slept += not self._woken.is_set()
        return await super().wait(seconds)


class Timeline:
    """The entries of one stream, and whoever listens."""

    def __init__(self, *texts: str) -> None:
        self.entries = [Entry(number, "status", text) for number, text in enumerate(texts, 1)]
        self.subscription = Listener()
        self.listening = False
        self.after_reading: Callable[[], None] = lambda: None

    def add(self, text: str) -> None:
        """Wakes whoever listens already, and nobody else."""
        self.entries.append(Entry(len(self.entries) + 1, "status", text))
        if self.listening:
            self.subscription.wake()

    async def read(self, after: int) -> list[Entry]:
        found = [entry for entry in self.entries if entry.id > after][:2]
        self.after_reading()
        return found

    @asynccontextmanager
    async def subscribe(self) -> AsyncIterator[Subscription]:
        self.listening = True
        try:
            yield self.subscription
        finally:
            self.listening = False


async def _read_and_then_subscribe(self: _Stream, after: int) -> AsyncIterator[bytes]:
    backlog: Sequence[Entry] | None = await self.read(after)

    async def read_backlog_once(after: int) -> Sequence[Entry]:
        nonlocal backlog
        entries, backlog = backlog, None
        return await self.read(after) if entries is None else entries

    async for chunk in SEND(replace(self, read=read_backlog_once), after):
        yield chunk


SEND = _Stream.send
MUTANTS: dict[str, Mutant] = {
    "backlog_read_before_subscribing": [(_Stream, "send", _read_and_then_subscribe)],
}


@pytest.fixture
def mutated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param is not None:
        apply(MUTANTS[request.param], monkeypatch)


def request(header: str | None = None, query: str = "") -> Request:
    headers = [(b"last-event-id", header.encode())] if header is not None else []
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": query.encode()}
    return Request(scope)


def stream(timeline: Timeline, header: str | None = None, **options: Any) -> AsyncIterator[bytes]:
    response = event_stream(request(header), subscription=timeline.subscribe(), read=timeline.read, **options)
    return response.body_iterator  # type: ignore[return-value] # bytes, as encoded


async def collect(chunks: AsyncIterator[bytes]) -> list[bytes]:
    return [chunk async for chunk in chunks]


async def take(chunks: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await asyncio.wait_for(anext(chunks), 5) for _ in range(count)]


def test_an_entry_is_one_event_with_its_id() -> None:
    assert (
        encode(Entry(7, "status", {"to": "GOTOWE\n"}))
        == b'id: 7\nevent: status\ndata: {"to":"GOTOWE\\n"}\n\n'
    )


async def test_the_backlog_comes_whole_and_then_every_change() -> None:
    timeline = Timeline("a", "b", "c", "d", "e")
    chunks = stream(timeline)
    assert await take(chunks, 6) == [b"retry: 1000\n\n", *map(encode, timeline.entries)]

    timeline.add("f")

    assert await take(chunks, 1) == [encode(timeline.entries[5])]


async def test_a_client_resumes_after_the_last_id_it_has() -> None:
    timeline = Timeline("a", "b", "c")

    chunks = stream(timeline, header="2")

    assert (await take(chunks, 2))[1] == encode(timeline.entries[2])


@holds_against("backlog_read_before_subscribing")
async def test_what_happens_just_after_reading_the_backlog_is_not_lost() -> None:
    timeline = Timeline()

    def happen_once() -> None:
        timeline.after_reading = lambda: None
        timeline.add("just now")

    timeline.after_reading = happen_once
    chunks = stream(timeline, heartbeat=0.2)

    assert (await take(chunks, 2))[1] == encode(timeline.entries[0])
    assert timeline.subscription.slept == 0


async def test_quiet_streams_beat_so_that_dead_ones_are_noticed() -> None:
    chunks = stream(Timeline(), heartbeat=0.01)

    assert await take(chunks, 3) == [b"retry: 1000\n\n", b": \n\n", b": \n\n"]


async def test_a_stream_ends_after_its_lifetime() -> None:
    timeline = Timeline("a")

    chunks = await asyncio.wait_for(collect(stream(timeline, lifetime=0.02)), 5)

    assert chunks[1:] == [encode(timeline.entries[0])]
    assert not timeline.listening


async def test_a_busy_stream_ends_too() -> None:
    timeline = Timeline()
    timeline.after_reading = lambda: timeline.add("more")

    await asyncio.wait_for(collect(stream(timeline, lifetime=0.02)), 5)


async def test_a_stream_ends_with_its_session() -> None:
    soon = datetime.now(UTC) + timedelta(milliseconds=20)

    await asyncio.wait_for(collect(stream(Timeline(), ends_at=soon)), 5)


async def test_a_stream_ends_when_its_rights_are_gone() -> None:
    answers = iter([True, False])

    async def still_allowed() -> bool:
        return next(answers)

    chunks = await asyncio.wait_for(
        collect(stream(Timeline(), heartbeat=0.01, still_allowed=still_allowed)), 5
    )

    assert chunks == [b"retry: 1000\n\n", b": \n\n"]


async def test_all_streams_end_when_the_process_stops() -> None:
    timeline = Timeline()
    chunks = stream(timeline)
    await take(chunks, 1)
    waiting = asyncio.ensure_future(collect(chunks))
    await asyncio.sleep(0)

    end_all_streams()

    assert await asyncio.wait_for(waiting, 5) == []
    assert not timeline.listening


async def test_a_client_that_leaves_leaves_no_subscription() -> None:
    timeline = Timeline("a")
    chunks = stream(timeline)
    await take(chunks, 2)

    await chunks.aclose()  # type: ignore[attr-defined] # an async generator

    assert not timeline.listening


def test_the_first_connection_may_name_its_place_in_the_query() -> None:
    assert last_event_id(request(query="last_event_id=12")) == 12
    assert last_event_id(request("13", "last_event_id=12")) == 13
    assert last_event_id(request()) == 0


@pytest.mark.parametrize("text", ["-1", "1.5", "abc", "٣", "9" * 19, " 1"])
def test_an_id_that_we_never_gave_is_refused(text: str) -> None:
    scope_request = request(query=f"last_event_id={text}")

    with pytest.raises(BadLastEventId):
        last_event_id(scope_request)
