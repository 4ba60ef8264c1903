"""Ordering on a database of its own, with a clock that the test moves and people who are signed in."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI, Request

from eventing import Outbox, Works
from ordering.app import build_signin, create_web
from ordering.parts import Parts
from ordering.sealing import Sealers, load_sealers
from ordering.settings import OrderingSettings
from ordering.store import clerks
from ordering.store.timeline import last_numbers
from servicekit.institutions import Institution, load_institutions
from servicekit.keys import Keys
from servicekit.live import ChangeFeed
from servicekit.refusals import NotSignedIn
from servicekit.remote_keys import RemoteKeys
from servicekit.signin import Person, current_person, optional_person
from tests.component.ordering.scene import CONSENTS, NOON, Clock, Story, add_student
from tests.conftest import MakeDatabase
from tests.databases import Database

INSTITUTIONS = Path(__file__).parents[3] / "institutions"

SignIn = Callable[..., httpx.AsyncClient]
PlaceOrder = Callable[..., Awaitable[Story]]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sealers(keys_dir: Path) -> Sealers:
    return load_sealers(Keys(keys_dir))


@pytest.fixture(scope="session")
def institutions() -> dict[str, Institution]:
    return load_institutions(INSTITUTIONS)


@pytest.fixture
def umcs(institutions: dict[str, Institution]) -> Institution:
    return institutions["umcs"]


@pytest.fixture
async def ordering_database(database: MakeDatabase) -> Database:
    return await database("ordering")


@pytest.fixture
def works(ordering_database: Database, clock: Clock) -> Works:
    return Works(ordering_database.pool, Outbox("ordering"), clock)


@pytest.fixture
async def anna(works: Works, sealers: Sealers) -> UUID:
    return await add_student(works, sealers, "anna")


@pytest.fixture
async def jan(works: Works, sealers: Sealers) -> UUID:
    return await add_student(works, sealers, "jan")


@pytest.fixture
async def anna_at_pwr(works: Works, sealers: Sealers) -> UUID:
    return await add_student(works, sealers, "anna", "pwr")


@pytest.fixture
def story_of_nobody(sealers: Sealers, clock: Clock) -> Story:
    return Story(uuid4(), sealers, clock)


@pytest.fixture
def settings(ordering_database: Database, keys_dir: Path) -> OrderingSettings:
    return OrderingSettings(environment="development", database_url=ordering_database.url, keys_dir=keys_dir)


@pytest.fixture
async def changes(works: Works) -> AsyncIterator[ChangeFeed[UUID]]:
    feed = ChangeFeed[UUID](works.pool, "order_changed", last_numbers, poll=0.05)
    await feed.start()
    yield feed
    await feed.stop()


def _issuer_keys(keys: Keys) -> Callable[[httpx.Request], httpx.Response]:
    jwks = keys.signing_keys("issuer/service").public_jwks()
    return lambda _request: httpx.Response(200, json=jwks)


@pytest.fixture
async def parts(
    settings: OrderingSettings,
    works: Works,
    keys_dir: Path,
    sealers: Sealers,
    institutions: dict[str, Institution],
    changes: ChangeFeed[UUID],
) -> AsyncIterator[Parts]:
    keys = Keys(keys_dir)
    async with httpx.AsyncClient(transport=httpx.MockTransport(_issuer_keys(keys))) as issuer:
        yield Parts(
            settings=settings,
            works=works,
            institutions=institutions,
            sealers=sealers,
            tokens=keys.signing_keys("ordering/tokens"),
            issuer_keys=RemoteKeys("http://issuer.test/internal/jwks", None, issuer),
            changes=changes,
        )


def _person_of_headers(request: Request) -> Person:
    """In tests a header says who is signed in; how signing in works is tested with servicekit."""
    who = request.headers.get("x-person")
    if who is None:
        raise NotSignedIn
    institution_id, _, subject = who.partition("/")
    signed_in_at = datetime.fromisoformat(request.headers["x-signed-in-at"])
    return Person(institution_id, subject, signed_in_at, NOON + timedelta(days=10_000))


def _maybe_person_of_headers(request: Request) -> Person | None:
    return _person_of_headers(request) if "x-person" in request.headers else None


@pytest.fixture
async def no_provider() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(503))) as http:
        yield http


@pytest.fixture
def web(settings: OrderingSettings, parts: Parts, no_provider: httpx.AsyncClient) -> FastAPI:
    app = create_web(settings, lambda _: nullcontext())
    app.state.parts = parts
    app.state.signin = build_signin(settings, parts, parts.works.pool, no_provider)
    app.dependency_overrides[current_person] = _person_of_headers
    app.dependency_overrides[optional_person] = _maybe_person_of_headers
    return app


@pytest.fixture
async def signed_in(web: FastAPI) -> AsyncIterator[SignIn]:
    """`signed_in("anna")` gives a client on which Anna is signed in."""
    clients: list[httpx.AsyncClient] = []

    def sign_in(
        subject: str | None = "anna", institution: str = "umcs", at: datetime = NOON
    ) -> httpx.AsyncClient:
        headers = (
            {"x-person": f"{institution}/{subject}", "x-signed-in-at": at.isoformat()} if subject else {}
        )
        transport = httpx.ASGITransport(web, raise_app_exceptions=False)
        client = httpx.AsyncClient(transport=transport, base_url="http://ordering.test", headers=headers)
        clients.append(client)
        return client

    yield sign_in
    for client in clients:
        await client.aclose()


@pytest.fixture
def http(signed_in: SignIn, anna: UUID) -> httpx.AsyncClient:
    """Anna's browser."""
    return signed_in("anna")


@pytest.fixture
def place_order(signed_in: SignIn, sealers: Sealers, clock: Clock) -> PlaceOrder:
    """Places an order by HTTP, and gives the story that others will tell of it."""

    async def place(
        subject: str = "anna",
        institution: str = "umcs",
        key: str = "key-1",
        at: datetime = NOON,
        consents: dict[str, str] = CONSENTS,
        replaces: UUID | None = None,
    ) -> Story:
        body = order_body(consents) | {"replaces": str(replaces) if replaces else None}
        client = signed_in(subject, institution, at)
        response = await client.post("/api/v1/orders", json=body, headers={"Idempotency-Key": key})
        assert response.status_code == 201, response.text
        return Story(UUID(response.json()["order_id"]), sealers, clock, institution)

    return place


def order_body(consents: dict[str, str] = CONSENTS) -> dict[str, object]:
    return {
        "channel": "mobile",
        "locale": "pl",
        "consents": [{"kind": kind, "version": version} for kind, version in consents.items()],
    }


@pytest.fixture
async def office(works: Works, signed_in: SignIn) -> httpx.AsyncClient:
    """The browser of a clerk of UMCS."""
    return await _browser_of_clerk(works, signed_in, "teresa")


@pytest.fixture
async def another_clerk(works: Works, signed_in: SignIn) -> httpx.AsyncClient:
    return await _browser_of_clerk(works, signed_in, "marek")


async def _browser_of_clerk(works: Works, signed_in: SignIn, subject: str) -> httpx.AsyncClient:
    async with works.begin() as work:
        await clerks.add(work.connection, work.new_id(), "umcs", subject, work.now)
    return signed_in(subject)
