"""The whole service as one process: it hears the others over the broker, mails, and answers its probes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import AsyncMock

import httpx
import pytest
from fastapi import FastAPI

from contracts.catalogue import consumed_by
from devstack.broker import Broker
from devstack.push_service import PushService
from eventing import Eventing, EventingSettings, ignore
from eventing.settings import UnhurriedSettings
from notifier.app import create_notifier
from notifier.parts import Parts
from notifier.settings import NotifierSettings
from notifier.subscriptions import Subscription
from notifier.use_cases.turn_push_on import turn_push_on
from tests.component.notifier.scene import Mailbox, Order
from tests.conftest import MakeDatabase
from tests.databases import Database
from tests.waiting import eventually

INSTITUTIONS = Path(__file__).parents[3] / "institutions"


@pytest.fixture
def kafka(broker: Broker) -> UnhurriedSettings:
    return UnhurriedSettings(**broker.settings)


@asynccontextmanager
async def peer(service: str, database: Database, kafka: EventingSettings) -> AsyncIterator[Eventing]:
    """Another service that speaks, and hears without interest."""
    handlers = {event: ignore for topic in consumed_by(service) for event in topic.events}
    streams = Eventing(service=service, pool=database.pool, handlers=handlers, settings=kafka)
    await streams.start()
    yield streams
    await streams.stop()


@pytest.fixture
async def app(
    notifier_database: Database, kafka: EventingSettings, keys_dir: Path, mailbox: Mailbox
) -> AsyncIterator[FastAPI]:
    settings = NotifierSettings(
        environment="development",
        database_url=notifier_database.url,
        keys_dir=keys_dir,
        institutions_dir=INSTITUTIONS,
        kafka=kafka,
        smtp_port=mailbox.port,
        reminder_poll=0.1,
    )
    app = create_notifier(settings)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as client:
        yield client


async def test_an_event_that_another_service_publishes_becomes_a_letter(
    app: FastAPI, database: MakeDatabase, kafka: EventingSettings, mailbox: Mailbox, order: Order
) -> None:
    ordering, issuer = await database("eventing"), await database("eventing")
    async with peer("ordering", ordering, kafka) as orders, peer("issuer", issuer, kafka) as credentials:
        async with credentials.works.begin() as work:
            work.publish(order.ready().event)
        async with orders.works.begin() as work:
            work.publish(order.placed().event)

        letters = await eventually(lambda: mailbox.letters, timeout=30)

    assert [letter["Subject"] for letter in letters] == ["Twoja mLegitymacja jest gotowa do aktywacji"]
    assert letters[0]["From"].startswith("UMCS · Legitka")


async def test_an_event_that_another_service_publishes_is_pushed_to_a_phone(
    app: FastAPI, database: MakeDatabase, kafka: EventingSettings, order: Order, push_service: PushService
) -> None:
    parts: Parts = app.state.parts
    key, browser = parts.push_keys.current, push_service.subscribe()
    subscription = Subscription(endpoint=browser["endpoint"], **browser["keys"])
    kept = parts.subscriptions.seal(subscription, order.institution_id, key.kid)
    orders_of, credentials_of = await database("eventing"), await database("eventing")
    async with peer("ordering", orders_of, kafka) as orders, peer("issuer", credentials_of, kafka) as others:
        async with orders.works.begin() as work:
            work.publish(order.placed().event)
        known = "select count(*) from orders where contact_sealed is not null"
        await eventually(lambda: parts.works.pool.fetchval(known), timeout=30)
        async with parts.works.begin() as work:
            await turn_push_on(work, order.recipient, kept)
        async with others.works.begin() as work:
            work.publish(order.ready().event)

        (pushed,) = await eventually(lambda: push_service.pushed, timeout=30)

    assert pushed.json()["kind"] == "ready_to_activate"
    assert push_service.refusals == []


async def test_probes_and_documents_answer(app: FastAPI, client: httpx.AsyncClient) -> None:
    streams: Eventing = app.state.eventing
    await eventually(lambda: streams.pipeline().healthy, timeout=30)

    for path in (
        "/health/live",
        "/health/ready",
        "/health/pipeline",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/asyncapi",
    ):
        assert (await client.get(path)).status_code == 200, path


async def test_reminders_stand_still_while_the_service_is_behind(
    app: FastAPI, notifier_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams: Eventing = app.state.eventing
    behind = AsyncMock(return_value=True)
    monkeypatch.setattr(streams, "behind", behind)
    await notifier_database.pool.execute(
        """
        with known as (
            insert into orders (id, institution_id) values (gen_random_uuid(), 'umcs') returning id
        )
        insert into reminders (order_id, generation, cause, due_at, expires_at)
        select id, 1, gen_random_uuid(), now() - interval '1 day', now() + interval '1 day' from known
        """
    )

    await eventually(lambda: behind.call_count > 2)
    assert await notifier_database.pool.fetchval("select count(*) from alerts") == 0

    behind.return_value = False
    await eventually(lambda: notifier_database.pool.fetchval("select count(*) from alerts"))
