"""The whole service as one process: it hears ordering over the broker, answers there, and is probed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from contracts.catalogue import consumed_by
from contracts.issuer import CredentialReady
from devstack.broker import Broker
from eventing import Eventing, EventingSettings, Received, UnitOfWork, ignore
from issuer.app import create_issuer
from issuer.settings import IssuerSettings
from tests.component.issuer.scene import Order, Scene
from tests.conftest import MakeDatabase
from tests.databases import Database
from tests.waiting import eventually

INSTITUTIONS = Path(__file__).parents[3] / "institutions"


@pytest.fixture
def kafka(broker: Broker) -> EventingSettings:
    return EventingSettings(**broker.settings)


@asynccontextmanager
async def ordering(
    database: Database, kafka: EventingSettings, heard: list[CredentialReady]
) -> AsyncIterator[Eventing]:
    """Ordering as far as the issuer knows it: it speaks, and hears what is ready."""

    async def on_ready(work: UnitOfWork, received: list[Received[CredentialReady]]) -> None:
        heard.extend(each.event for each in received)

    handlers = {event: ignore for topic in consumed_by("ordering") for event in topic.events}
    streams = Eventing(
        service="ordering",
        pool=database.pool,
        handlers={**handlers, CredentialReady: on_ready},
        settings=kafka,
    )
    await streams.start()
    yield streams
    await streams.stop()


@pytest.fixture
async def app(database: MakeDatabase, kafka: EventingSettings, keys_dir: Path) -> AsyncIterator[FastAPI]:
    settings = IssuerSettings(
        environment="development",
        database_url=(await database("issuer")).url,
        keys_dir=keys_dir,
        institutions_dir=INSTITUTIONS,
        kafka=kafka,
    )
    app = create_issuer(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://issuer") as client:
        yield client


async def test_an_order_over_the_broker_is_answered_over_the_broker(
    app: FastAPI, database: MakeDatabase, kafka: EventingSettings, scene: Scene
) -> None:
    heard: list[CredentialReady] = []
    order = Order()

    async with ordering(await database("eventing"), kafka, heard) as streams:
        async with streams.works.begin() as work:
            work.publish(scene.placed(order))
        [ready] = await eventually(lambda: heard, timeout=30)

    assert (ready.order_id, ready.generation) == (order.order_id, 1)


async def test_probes_and_documents_answer(client: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json", "/asyncapi"):
        assert (await client.get(path)).status_code == 200, path

    async def pipeline_is_healthy() -> bool:
        return (await client.get("/health/pipeline")).is_success

    assert await eventually(pipeline_is_healthy, timeout=30)
