"""The live stream of an order: every entry once, from where the client left off, on any replica."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from eventing import Connection, Works
from ordering import store
from ordering.consumers import handlers
from ordering.domain import Order, offered
from ordering.parts import Parts
from ordering.store import orders
from ordering.use_cases._facts import record
from tests.component.ordering.conftest import PlaceOrder
from tests.component.ordering.scene import NOON, Story, tell
from tests.mutants import Mutant, apply, holds_against
from tests.waiting import eventually, somebody_waits

ANNA = {"x-person": "umcs/anna", "x-signed-in-at": NOON.isoformat()}


async def _draw_from_a_global_cursor(conn: Connection, order_ids: Sequence[UUID]) -> dict[UUID, Order]:
    """Numbers for all orders from one counter, as they come, and no lock."""
    rows = await conn.fetch("select * from orders where order_id = any($1)", order_ids)
    return {row["order_id"]: replace(orders._order(row), last_entry=next(GLOBAL_CURSOR)) for row in rows}


GLOBAL_CURSOR = count(1000)
MUTANTS: dict[str, Mutant] = {
    "entries_numbered_by_a_global_cursor": [(orders, "lock", _draw_from_a_global_cursor)],
}


@pytest.fixture
def mutated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param is not None:
        apply(MUTANTS[request.param], monkeypatch)


@pytest.fixture
async def story(place_order: PlaceOrder, anna: UUID) -> Story:
    return await place_order()


@pytest.fixture
async def served(web: FastAPI) -> AsyncIterator[str]:
    """A real server: streams are read while they are written."""
    server = uvicorn.Server(uvicorn.Config(web, port=0, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    await eventually(lambda: server.started)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    server.force_exit = True
    await serving


@asynccontextmanager
async def watching(served: str, story: Story, **headers: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    url = f"{served}/api/v1/orders/{story.order_id}/events"
    async with (
        httpx.AsyncClient(timeout=10) as client,
        client.stream("GET", url, headers=ANNA | headers) as answer,
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


async def test_a_watcher_sees_what_was_and_then_what_comes(served: str, works: Works, story: Story) -> None:
    async with watching(served, story) as events:
        first = await anext(events)
        await tell(works, story.ready())
        second = await anext(events)

    assert (first["id"], first["event"], first["data"]["status"]) == ("1", "order_placed", "PLACED")
    assert (second["id"], second["event"], second["data"]["status"]) == ("2", "credential_ready", "READY")


async def test_a_stream_resumes_after_the_last_entry_seen(served: str, works: Works, story: Story) -> None:
    await tell(works, story.ready(), story.accepted(), story.issued())

    async with watching(served, story, **{"Last-Event-ID": "2"}) as events:
        seen = [(await anext(events))["id"] for _ in range(2)]

    assert seen == ["3", "4"]


async def test_a_command_of_another_tab_is_seen(served: str, http: httpx.AsyncClient, story: Story) -> None:
    async with watching(served, story) as events:
        await anext(events)
        await http.post(f"/api/v1/orders/{story.order_id}/cancellation")
        seen = await anext(events)

    assert (seen["event"], seen["data"]["status"]) == ("order_cancelled", "CANCELLED")


async def test_entries_that_are_written_side_by_side_are_all_seen_in_order(
    served: str, works: Works, story: Story
) -> None:
    async with watching(served, story) as events:
        await asyncio.gather(
            *(tell(works, told) for told in (story.ready(), story.failed(4), story.alerted()))
        )
        seen = [(await anext(events))["id"] for _ in range(4)]

    assert seen == ["1", "2", "3", "4"]


@holds_against("entries_numbered_by_a_global_cursor")
async def test_an_entry_that_is_committed_late_is_not_lost(served: str, works: Works, story: Story) -> None:
    late, early, last = story.ready(), story.alerted(), story.failed(4)

    async with watching(served, story) as events:
        seen = [await anext(events)]
        async with works.begin() as work:
            [order] = (await store.orders.lock(work.connection, [story.order_id])).values()
            racing = asyncio.create_task(tell(works, early))
            await eventually(lambda: racing.done() or somebody_waits(works.pool))
            if racing.done():
                seen.append(await anext(events))
            await record(work, [(offered(order, late.event), late.event)])
        await racing
        await tell(works, last)
        while seen[-1]["event"] != "activation_failed":
            seen.append(await anext(events))

    assert [one["event"] for one in seen] == [
        "order_placed",
        "credential_ready",
        "alert_delivered",
        "activation_failed",
    ]


async def test_an_id_beyond_every_entry_is_followed_by_nothing(works: Works, story: Story) -> None:
    async with works.begin() as work:
        assert await store.timeline.of_order(work.connection, story.order_id, after=10**18 - 1) == []


async def test_handlers_wake_whoever_watches_after_the_commit(works: Works, story: Story) -> None:
    touched: list[UUID] = []
    told = story.ready()
    handler = handlers(story.sealers.code, touched.append)[type(told.event)]

    async with works.begin() as work:
        await handler(work, [told])
        before = list(touched)

    assert (before, touched) == ([], [story.order_id])


async def test_a_last_event_id_that_is_none_is_refused(
    parts: Parts, http: httpx.AsyncClient, story: Story
) -> None:
    response = await http.get(f"/api/v1/orders/{story.order_id}/events", headers={"Last-Event-ID": "x"})

    assert response.status_code == 400
