"""An issuer on a database of its own, with a clock that the test moves, and peers that answer as told."""

from collections.abc import AsyncIterator, Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from eventing import Outbox, Works
from issuer.app import create_web, make_parts
from issuer.consumers import handlers
from issuer.parts import Parts
from issuer.settings import IssuerSettings
from issuer.use_cases.open_status_lists import open_status_lists
from issuer.vault import Vault
from issuer.workshop import Workshop
from servicekit.database import connect_pool
from servicekit.institutions import load_institutions
from servicekit.keys import Keys
from servicekit.limits import FixedWindow, RefusedRequests
from tests.component.issuer.batches import MAKER, BatchWallet
from tests.component.issuer.peers import Peers
from tests.component.issuer.scene import Clock, Scene, WalletApp
from tests.conftest import MakeDatabase
from tests.databases import Database, Templates

INSTITUTIONS = Path(__file__).parents[3] / "institutions"
LIST_SIZE = 2**12


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(keys_dir: Path) -> Keys:
    return Keys(keys_dir)


@pytest.fixture
def workshop(keys: Keys) -> Workshop:
    return Workshop(load_institutions(INSTITUTIONS), Vault(keys))


@pytest.fixture(scope="session")
async def issuer_database(templates: Templates) -> AsyncIterator[Database]:
    """One for all tests: each has students and orders of its own."""
    url = await templates.clone("issuer")
    yield Database(url, await connect_pool(url, "issuer"))
    await templates.drop(url)


@pytest.fixture
async def works(issuer_database: Database, clock: Clock, workshop: Workshop) -> Works:
    return await _works(issuer_database, clock, workshop)


async def _works(database: Database, clock: Clock, workshop: Workshop) -> Works:
    works = Works(database.pool, Outbox("issuer"), clock)
    async with works.begin() as work:
        await open_status_lists(work, sorted(workshop.institutions), LIST_SIZE)
    return works


@pytest.fixture
def scene(works: Works, workshop: Workshop, keys: Keys, clock: Clock) -> Scene:
    return Scene(works, handlers(workshop), keys, clock)


@pytest.fixture
async def lone_database(database: MakeDatabase) -> Database:
    """For tests that count everything: without orders of other tests."""
    return await database("issuer")


@pytest.fixture
async def lone_scene(lone_database: Database, workshop: Workshop, keys: Keys, clock: Clock) -> Scene:
    works = await _works(lone_database, clock, workshop)
    return Scene(works, handlers(workshop), keys, clock)


@pytest.fixture
def settings(issuer_database: Database, keys_dir: Path) -> IssuerSettings:
    return IssuerSettings(environment="development", database_url=issuer_database.url, keys_dir=keys_dir)


@pytest.fixture
def peers(keys: Keys) -> Peers:
    return Peers(keys)


@pytest.fixture
async def parts(
    settings: IssuerSettings, keys: Keys, workshop: Workshop, works: Works, peers: Peers
) -> AsyncIterator[Parts]:
    """The limits are far away: the tests of them bring their own."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(peers.answer)) as http:
        made = make_parts(settings, keys, workshop, works, http)
        yield replace(made, refused=RefusedRequests(100_000), good=FixedWindow(100_000))


@pytest.fixture
def web(settings: IssuerSettings, parts: Parts) -> FastAPI:
    app = create_web(settings, lambda _: nullcontext())
    app.state.parts = parts
    return app


@pytest.fixture
async def http(web: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(web, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://issuer.test") as client:
        yield client


@pytest.fixture
def ruled(web: FastAPI) -> Callable[..., None]:
    """Changes what institutions ask of keys."""

    def change(**rules: Any) -> None:
        parts: Parts = web.state.parts
        tenants = {
            name: replace(tenant, key_rules=replace(tenant.key_rules, **rules))
            for name, tenant in parts.tenants.items()
        }
        web.state.parts = replace(parts, tenants=tenants)

    return change


@pytest.fixture
def batch(wallet: WalletApp, ruled: Callable[..., None]) -> BatchWallet:
    """Whoever wants one, trusts its maker."""
    ruled(attesters=[MAKER.ca])
    return BatchWallet(wallet)


@pytest.fixture
def wallet(http: httpx.AsyncClient, scene: Scene) -> WalletApp:
    return WalletApp(http, scene)
