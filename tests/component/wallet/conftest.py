"""A wallet service on a database of its own, with a clock that the test moves."""

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from eventing import Outbox, Works
from servicekit.keys import Keys
from servicekit.limits import RefusedRequests
from servicekit.signin import Person, current_person
from tests.component.wallet.clients import Client
from tests.component.wallet.scene import NOON, Clock, Order, tell
from tests.conftest import MakeDatabase
from tests.databases import Database
from wallet.app import create_web, make_parts, sign_in
from wallet.parts import Parts
from wallet.settings import WalletSettings

NewOrder = Callable[[], Order]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(keys_dir: Path) -> Keys:
    return Keys(keys_dir)


@pytest.fixture
async def wallet_database(database: MakeDatabase) -> Database:
    return await database("wallet")


@pytest.fixture
def works(wallet_database: Database, clock: Clock) -> Works:
    return Works(wallet_database.pool, Outbox("wallet"), clock)


@pytest.fixture
def new_order(keys: Keys) -> NewOrder:
    offer_keys, check_keys = keys.ring("shared/offer-mac"), keys.ring("shared/activation-check")
    return lambda: Order(offer_keys, check_keys)


@pytest.fixture
def order(new_order: NewOrder) -> Order:
    return new_order()


@pytest.fixture
async def card(works: Works, order: Order) -> Order:
    """An order whose card is active."""
    await tell(works, order.ready(), order.issued())
    return order


@pytest.fixture
def handle() -> bytes:
    return secrets.token_bytes(16)


@pytest.fixture
def settings(wallet_database: Database, keys_dir: Path) -> WalletSettings:
    return WalletSettings(
        environment="development", database_url=wallet_database.url, keys_dir=keys_dir, offer_patience=0.2
    )


@pytest.fixture
def parts(settings: WalletSettings, works: Works, keys: Keys) -> Parts:
    """The limit of refusals is far away: the tests of it bring their own."""
    return replace(make_parts(settings, keys, works), refused=RefusedRequests(per_minute=100_000))


@pytest.fixture
def web(settings: WalletSettings, parts: Parts) -> FastAPI:
    app = create_web(settings, lambda _: nullcontext())
    app.state.parts = parts
    return app


@pytest.fixture
async def http(
    web: FastAPI, settings: WalletSettings, keys: Keys, works: Works
) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://wallet.test") as client:
        web.state.signin = sign_in(settings, keys, works, client)
        yield client


@pytest.fixture
def client(http: httpx.AsyncClient, clock: Clock) -> Client:
    return Client(http, clock)


@pytest.fixture
def signed_in(web: FastAPI) -> None:
    person = Person("umcs", "keyed-hash", NOON, NOON + timedelta(hours=1))
    web.dependency_overrides[current_person] = lambda: person


@pytest.fixture
def strict_limit(web: FastAPI, parts: Parts) -> None:
    web.state.parts = replace(parts, refused=RefusedRequests(per_minute=3))
