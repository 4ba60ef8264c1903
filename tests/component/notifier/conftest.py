"""A notifier on a database of its own, with a clock that the test moves and a mail server beside it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.smtp import SMTP
from fastapi import FastAPI

from devstack.push_service import PushService
from eventing import Handlers, Outbox, Works
from notifier.app import create_web
from notifier.carriers import MailCarrier, PushCarrier
from notifier.consumers import handlers
from notifier.contacts import Contacts
from notifier.domain import Recipient
from notifier.links import Portal
from notifier.mail import Letterhead, Stationery
from notifier.parts import Parts
from notifier.push_line import PushLine
from notifier.sender import Bell, Pace, Sender
from notifier.settings import NotifierSettings
from notifier.store.recipients import last_entries
from notifier.subscriptions import Subscriptions
from notifier.use_cases.write_alerts import News
from servicekit.keys import Keys
from servicekit.live import ChangeFeed
from servicekit.remote_keys import RemoteKeys
from servicekit.sealing import Sealer
from servicekit.tokens import sign_jwt
from tests.component.notifier.push import SUBSCRIPTIONS
from tests.component.notifier.scene import Clock, Mailbox, Order, tell
from tests.conftest import MakeDatabase
from tests.databases import Database

Tell = Callable[..., Awaitable[None]]
NewOrder = Callable[..., Order]
NewSender = Callable[..., Sender]
NewToken = Callable[..., str]
TurnOn = Callable[..., Awaitable[dict[str, Any]]]

PORTAL = "http://localhost:8001"
NOTIFIER = "http://localhost:8003"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(keys_dir: Path) -> Keys:
    return Keys(keys_dir)


@pytest.fixture
async def notifier_database(database: MakeDatabase) -> Database:
    return await database("notifier")


@pytest.fixture
def works(notifier_database: Database, clock: Clock) -> Works:
    return Works(notifier_database.pool, Outbox("notifier"), clock)


@pytest.fixture
def contacts(keys: Keys) -> Contacts:
    return Contacts(
        incoming=Sealer(keys.ring("sealing/contact")), kept=Sealer(keys.ring("notifier/contacts"))
    )


@pytest.fixture
def told() -> list[News]:
    """What was said to have come, call by call."""
    return []


@pytest.fixture
def notifier_handlers(contacts: Contacts, told: list[News]) -> Handlers:
    return handlers(contacts, told.append)


@pytest.fixture
def hear(works: Works, notifier_handlers: Handlers) -> Tell:
    return partial(tell, works, notifier_handlers)


@pytest.fixture
def new_order(keys: Keys) -> NewOrder:
    return partial(Order, Sealer(keys.ring("sealing/contact")))


@pytest.fixture
def order(new_order: NewOrder) -> Order:
    return new_order()


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    box.port = server.sockets[0].getsockname()[1]
    yield box
    server.close()


@pytest.fixture
def bell() -> Bell:
    return Bell()


@pytest.fixture
async def new_sender(
    works: Works, contacts: Contacts, mailbox: Mailbox, bell: Bell
) -> AsyncIterator[NewSender]:
    made: list[Sender] = []

    def make(**settings: Any) -> Sender:
        stationery = Stationery(
            Portal(PORTAL), "legitka@legitka.example", {"umcs": Letterhead("UMCS", "#00447c")}
        )
        chosen = NotifierSettings(
            environment="development",
            database_url="postgresql://unused",
            **({"smtp_port": mailbox.port, "smtp_timeout": 20, "mail_lease": 30} | settings),
        )
        carrier = MailCarrier(works=works, contacts=contacts, stationery=stationery, settings=chosen)
        pace = Pace(timedelta(seconds=chosen.mail_lease), chosen.mail_attempts, chosen.mail_poll)
        made.append(Sender(works=works, carrier=carrier, pace=pace, bell=bell))
        return made[-1]

    yield make
    for sender in made:
        await sender.stop()


@pytest.fixture
def sender(new_sender: NewSender) -> Sender:
    return new_sender()


@pytest.fixture
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


@pytest.fixture
def the_present(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The push service has the clock of the test too."""
    monkeypatch.setattr("devstack.push_service.time.time", partial(_seconds, clock))


def _seconds(clock: Clock) -> float:
    return clock.now.timestamp()


@pytest.fixture
async def push_sender(
    the_present: None, works: Works, keys: Keys, subscriptions: Subscriptions
) -> AsyncIterator[Sender]:
    """Gives up after three attempts."""
    async with PushLine(timeout=5, loopback=True) as line:
        carrier = PushCarrier(
            works=works,
            subscriptions=subscriptions,
            keys={key.kid: key for key in keys.signing_keys("notifier/vapid").all},
            contact="mailto:legitka@legitka.example",
            line=line,
        )
        pace = Pace(timedelta(seconds=30), 3, 5)
        sender = Sender(works=works, carrier=carrier, pace=pace, bell=Bell())
        yield sender
        await sender.stop()


@pytest.fixture
async def feed(notifier_database: Database) -> AsyncIterator[ChangeFeed[Recipient]]:
    feed = ChangeFeed(notifier_database.pool, "notifier_inboxes", last_entries, poll=0.05)
    await feed.start()
    yield feed
    await feed.stop()


@pytest.fixture
def subscriptions(keys: Keys) -> Subscriptions:
    return Subscriptions(Sealer(keys.ring("notifier/contacts")))


@pytest.fixture
async def app(
    works: Works, feed: ChangeFeed[Recipient], keys: Keys, subscriptions: Subscriptions
) -> AsyncIterator[FastAPI]:
    settings = NotifierSettings(environment="development", database_url="postgresql://unused")
    published = keys.signing_keys("ordering/tokens").public_jwks()
    portal = httpx.MockTransport(lambda request: httpx.Response(200, json=published))
    async with httpx.AsyncClient(transport=portal) as http:
        app = create_web(settings, lambda _: nullcontext())
        portal_keys = RemoteKeys(f"{PORTAL}/internal/jwks", None, http)
        push_keys = keys.signing_keys("notifier/vapid")
        app.state.parts = Parts(settings, works, feed, Portal(PORTAL), portal_keys, subscriptions, push_keys)
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=NOTIFIER) as client:
        yield client


@pytest.fixture
def new_token(keys: Keys, clock: Clock) -> NewToken:
    def make(recipient: Recipient, *, typ: str = "at+jwt", **claims: Any) -> str:
        now = int(clock.now.timestamp())
        known = {
            "iss": PORTAL,
            "aud": NOTIFIER,
            "sub": str(recipient.student_ref),
            "institution_id": recipient.institution_id,
            "scope": "alerts",
            "iat": now,
            "exp": now + 300,
        }
        return sign_jwt(keys.signing_keys("ordering/tokens").current, typ=typ, claims=known | claims)

    return make


def bearer(token: str, **other: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} | other


@pytest.fixture
def turn_on(client: httpx.AsyncClient, new_token: NewToken, push_service: PushService) -> TurnOn:
    async def turn(recipient: Recipient, subscription: dict[str, Any] | None = None) -> dict[str, Any]:
        """As the page does it: the browser is given our key, and its subscription is handed in."""
        headers = bearer(new_token(recipient))
        key = (await client.get(SUBSCRIPTIONS, headers=headers)).json()["application_server_key"]
        subscription = subscription or push_service.subscribe(key)
        given = {name: subscription[name] for name in ("endpoint", "keys")}
        answer = await client.post(
            SUBSCRIPTIONS, json=given | {"application_server_key": key}, headers=headers
        )
        assert answer.status_code == 201, answer.text
        return subscription

    return turn
