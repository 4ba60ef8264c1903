"""The live stream of an inbox: every alert once, from where the client left off, until the token ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from eventing import Connection, Handlers, Works
from notifier.consumers import handlers
from notifier.contacts import Contacts
from notifier.domain import Recipient
from notifier.store import recipients
from notifier.use_cases.write_alerts import News
from servicekit.live import ChangeFeed
from tests.component.notifier.conftest import NewOrder, NewToken, Tell, bearer
from tests.component.notifier.scene import Clock, Order, tell
from tests.mutants import Mutant, apply, holds_against
from tests.waiting import eventually, somebody_waits


async def _enter_by_a_global_cursor(
    conn: Connection, counts: Mapping[Recipient, int]
) -> dict[Recipient, int]:
    """Numbers for all inboxes from one counter, as they come, and no lock."""
    await conn.execute("select")
    return {recipient: next(GLOBAL_CURSOR) for recipient in counts}


GLOBAL_CURSOR = count(1000)
MUTANTS: dict[str, Mutant] = {
    "entries_numbered_by_a_global_cursor": [(recipients, "take_entries", _enter_by_a_global_cursor)],
}


@pytest.fixture
def mutated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param is not None:
        apply(MUTANTS[request.param], monkeypatch)


@pytest.fixture
def clock() -> Clock:
    """Streams end by the true time, so here it is true."""
    return Clock(datetime.now(UTC))


@pytest.fixture
def live(contacts: Contacts, feed: ChangeFeed[Recipient]) -> Handlers:
    """As in the service: whoever follows an inbox is woken."""

    def wake(news: News) -> None:
        for recipient in news.recipients:
            feed.touch(recipient)

    return handlers(contacts, wake)


@pytest.fixture
async def served(app: FastAPI) -> AsyncIterator[str]:
    """A real server: streams are read while they are written."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    server.force_exit = True
    await serving


@asynccontextmanager
async def following(served: str, token: str, **headers: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    url = f"{served}/api/v1/alerts/events"
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", url, headers=bearer(token, **headers)) as answer,
    ):
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield events_of(answer)


async def events_of(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        if name:
            event[name] = value
        elif "data" in event:
            yield event | {"data": json.loads(event["data"])}
            event = {}
        else:
            event = {}


async def test_a_stream_gives_what_is_there_and_then_what_comes(
    served: str, hear: Tell, order: Order, new_token: NewToken
) -> None:
    await hear(order.placed())

    async with following(served, new_token(order.recipient)) as events:
        first = await anext(events)
        await hear(order.ready())
        second = await anext(events)

    assert (first["id"], first["event"], first["data"]["alert"]["kind"]) == ("1", "alert", "order_received")
    assert (second["id"], second["data"]["alert"]["kind"]) == ("2", "ready_to_activate")
    assert second["data"]["unread"] == 2


async def test_a_stream_resumes_after_the_last_event_seen(
    served: str, hear: Tell, order: Order, new_token: NewToken
) -> None:
    await hear(order.placed(), order.ready(), order.issued())

    async with following(served, new_token(order.recipient), **{"Last-Event-ID": "1"}) as events:
        seen = [(await anext(events))["id"] for _ in range(2)]

    assert seen == ["2", "3"]


@holds_against("entries_numbered_by_a_global_cursor")
async def test_an_entry_that_is_committed_late_is_not_lost(
    served: str, works: Works, live: Handlers, new_order: NewOrder, new_token: NewToken
) -> None:
    one = new_order()
    other = new_order(student_ref=one.student_ref)
    late, early, last = one.ready(), other.ready(), other.issued()
    await tell(works, live, one.placed(), other.placed())

    async with following(served, new_token(one.recipient)) as events:
        seen = [await anext(events) for _ in range(2)]
        async with works.begin() as work:
            await live[type(late.event)](work, [late])
            racing = asyncio.create_task(tell(works, live, early))
            await eventually(lambda: racing.done() or somebody_waits(works.pool))
            if racing.done():
                seen.append(await anext(events))
        await racing
        await tell(works, live, last)
        while seen[-1]["data"]["alert"]["kind"] != "activated":
            seen.append(await anext(events))

    told = [(entry["data"]["alert"]["order_id"], entry["data"]["alert"]["kind"]) for entry in seen]
    assert told[2:] == [
        (str(one.order_id), "ready_to_activate"),
        (str(other.order_id), "ready_to_activate"),
        (str(other.order_id), "activated"),
    ]


async def test_a_stream_tells_of_its_own_student_alone(
    served: str, hear: Tell, new_order: NewOrder, new_token: NewToken
) -> None:
    mine, other = new_order(), new_order()

    async with following(served, new_token(mine.recipient)) as events:
        await hear(other.placed(), other.ready(), mine.placed())
        seen = await anext(events)

    assert seen["data"]["alert"]["order_id"] == str(mine.order_id)


async def test_a_stream_ends_with_its_token(
    served: str, order: Order, new_token: NewToken, clock: Clock
) -> None:
    soon = int((clock.now + timedelta(seconds=1)).timestamp())

    async with following(served, new_token(order.recipient, exp=soon)) as events:
        assert [event async for event in events] == []
