"""The whole service as one process: it tells of orders over the broker, hears the issuer, minds the clock."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from contracts.catalogue import consumed_by
from contracts.ordering import OrderPlaced
from contracts.platform import ReplayRequested
from devstack.broker import Broker
from eventing import Eventing, EventingSettings, Handlers, Received, UnitOfWork, Works, ignore
from ordering.__main__ import main
from ordering.app import create_ordering
from ordering.clerk_commands import add_clerk, remove_clerk
from ordering.commands import erase, export
from ordering.sealing import Sealers
from ordering.settings import OrderingSettings
from ordering.store.clerks import find
from servicekit.signin import Person, current_person
from tests.component.ordering.conftest import INSTITUTIONS, order_body
from tests.component.ordering.scene import Clock, Story
from tests.conftest import MakeDatabase
from tests.eventlog import published
from tests.waiting import eventually


@pytest.fixture
def kafka(broker: Broker) -> EventingSettings:
    return EventingSettings(**broker.settings)


@pytest.fixture
def live_settings(settings: OrderingSettings, kafka: EventingSettings) -> OrderingSettings:
    changes = {"kafka": kafka, "institutions_dir": INSTITUTIONS, "expiry_interval": 0.1}
    return settings.model_copy(update=changes)


@pytest.fixture
async def app(live_settings: OrderingSettings) -> AsyncIterator[FastAPI]:
    app = create_ordering(live_settings)
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    app.dependency_overrides[current_person] = lambda: Person("umcs", "anna", None, in_an_hour)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ordering") as client:
        yield client


@pytest.fixture
async def issuer(database: MakeDatabase, kafka: EventingSettings, sealers: Sealers) -> AsyncIterator[None]:
    """An issuer that has an offer ready for every order."""

    async def answer(work: UnitOfWork, received: list[Received[OrderPlaced]]) -> None:
        for told in received:
            story = Story(told.event.order_id, sealers, Clock(work.now))
            work.publish(story.ready(expires_at=work.now + timedelta(days=30)).event)

    handlers: Handlers = {event: ignore for topic in consumed_by("issuer") for event in topic.events}
    async with speaking("issuer", database, kafka, {**handlers, OrderPlaced: answer}):
        yield


@asynccontextmanager
async def speaking(
    service: str, database: MakeDatabase, kafka: EventingSettings, handlers: Handlers
) -> AsyncIterator[None]:
    pool = (await database("eventing")).pool
    streams = Eventing(service=service, pool=pool, handlers=handlers, settings=kafka)
    await streams.start()
    yield
    await streams.stop()


async def test_an_order_becomes_ready_over_the_broker(
    client: httpx.AsyncClient, issuer: None, anna: UUID
) -> None:
    placed = await client.post("/api/v1/orders", json=order_body(), headers={"Idempotency-Key": "key"})

    async def is_ready() -> Any:
        order = (await client.get(placed.headers["location"])).json()
        return order["status"] == "READY" and order["activation"]

    assert (await eventually(is_ready, timeout=30))["activation_code"]


async def test_orders_are_taken_while_the_broker_is_away(live_settings: OrderingSettings, anna: UUID) -> None:
    nowhere = live_settings.kafka.model_copy(update={"bootstrap_servers": "127.0.0.1:1"})
    app = create_ordering(live_settings.model_copy(update={"kafka": nowhere}))
    person = Person("umcs", "anna", None, datetime.now(UTC) + timedelta(hours=1))
    app.dependency_overrides[current_person] = lambda: person

    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ordering") as client,
    ):
        placed = await client.post("/api/v1/orders", json=order_body(), headers={"Idempotency-Key": "key"})
        ready = await client.get("/health/ready")
        pipeline = await client.get("/health/pipeline")

    assert (placed.status_code, ready.status_code, pipeline.status_code) == (201, 200, 503)


async def test_probes_and_documents_answer(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json", "/asyncapi"):
        assert (await client.get(path)).status_code == 200, path

    async def pipeline_is_healthy() -> bool:
        return (await client.get("/health/pipeline")).is_success

    assert await eventually(pipeline_is_healthy, timeout=30)


async def test_orders_do_not_expire_while_the_service_is_behind(
    app: FastAPI, client: httpx.AsyncClient, works: Works, anna: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams: Eventing = app.state.eventing
    behind = AsyncMock(return_value=True)
    monkeypatch.setattr(streams, "behind", behind)
    await client.post("/api/v1/orders", json=order_body(), headers={"Idempotency-Key": "key"})
    await works.pool.execute(
        "update orders set state = 'READY', offered = 1, expires_at = now() - interval '1 day'"
    )

    await eventually(lambda: behind.call_count > 2)
    assert await works.pool.fetchval("select state from orders") == "READY"

    behind.return_value = False
    await eventually(lambda: _is_expired(works))


async def _is_expired(works: Works) -> bool:
    return bool(await works.pool.fetchval("select state = 'EXPIRED' from orders"))


async def test_clerks_come_and_go_by_commands(live_settings: OrderingSettings, works: Works) -> None:
    await add_clerk(live_settings, "umcs", "teresa")
    await add_clerk(live_settings, "umcs", "teresa")

    async with works.pool.acquire() as connection:
        assert await find(connection, "umcs", "teresa")
        assert await find(connection, "pwr", "teresa") is None
        await remove_clerk(live_settings, "umcs", "teresa")
        assert await find(connection, "umcs", "teresa") is None
        assert (
            await connection.fetchval("select subject from clerks where removed_at is not null") == "teresa"
        )
        await add_clerk(live_settings, "umcs", "teresa")
        assert await find(connection, "umcs", "teresa")
        told = await connection.fetch("select action from audit_lines order by audit_id")
    assert [line["action"] for line in told] == ["clerk_added", "clerk_removed", "clerk_added"]


async def test_clerk_commands_refuse_whom_they_cannot_mean(live_settings: OrderingSettings) -> None:
    with pytest.raises(SystemExit, match="is no institution"):
        await add_clerk(live_settings, "atlantis", "teresa")
    with pytest.raises(SystemExit, match="no clerk of umcs has this subject"):
        await remove_clerk(live_settings, "umcs", "teresa")


async def test_students_are_erased_by_a_command(
    live_settings: OrderingSettings, works: Works, anna: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    await erase(live_settings, anna)
    await erase(live_settings, anna)

    assert await works.pool.fetchval("select count(*) from students") == 0
    assert capsys.readouterr().out.splitlines() == [
        "erased: one student, 0 orders",
        "this student was erased before",
    ]
    with pytest.raises(SystemExit, match="there is no student"):
        await erase(live_settings, uuid4())


async def test_what_is_stored_about_a_student_is_written_by_a_command_and_audited(
    live_settings: OrderingSettings, works: Works, anna: UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    await export(live_settings, anna)

    told = json.loads(capsys.readouterr().out)
    assert told["student"]["student_ref"] == str(anna)
    assert [line["action"] for line in told["audit"]] == ["data_exported"]
    with pytest.raises(SystemExit, match="there is no student"):
        await export(live_settings, uuid4())


async def test_an_operator_sees_dead_letters_and_asks_for_events_again(
    live_settings: OrderingSettings,
    works: Works,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("DATABASE_URL", live_settings.database_url)

    await asyncio.to_thread(main, ["dead-letters", "list"])
    await asyncio.to_thread(main, ["replay", "issuer.credentials.v1", "--partition", "3"])

    assert "no dead letters" in capsys.readouterr().out
    [event] = await published(works.pool)
    assert isinstance(event, ReplayRequested)
    assert (event.topic, event.partition) == ("issuer.credentials.v1", 3)


@pytest.mark.parametrize("arguments", [["dance"], ["migrate", "now"], ["erase"]])
def test_a_command_that_is_none_is_refused(
    settings: OrderingSettings, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "development")
    monkeypatch.setenv("DATABASE_URL", settings.database_url)

    with pytest.raises(SystemExit, match="2"):
        main(arguments)
