"""A service with sign-in, a provider that does as told, and browsers."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from pydantic import SecretStr

from servicekit.database import connect_pool
from servicekit.keys import KeyRing
from servicekit.settings import ServiceSettings
from servicekit.signin import Person, SignIn, current_person, optional_person, signin_router
from tests.component.servicekit.scripted_provider import ISSUER, ScriptedProvider
from tests.databases import Database, Templates
from tests.unit.servicekit.serving import development_settings, serve

ORDERING = "http://localhost:8001"
OWN = {"Origin": ORDERING}
RING = KeyRing.single("s1", b"s" * 32)


class Clock:
    now = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def provider(clock: Clock) -> ScriptedProvider:
    return ScriptedProvider(clock)


@pytest.fixture(scope="session")
async def sessions(templates: Templates) -> AsyncIterator[Database]:
    """One database for all tests of signing in: they are many, and need no more of it than an empty table."""
    url = await templates.clone("servicekit")
    pool = await connect_pool(url, "servicekit")
    yield Database(url, pool)
    await pool.close()
    await templates.drop(url)


@pytest.fixture
async def service(sessions: Database) -> Database:
    await sessions.pool.execute("truncate sessions")
    return sessions


def production_settings() -> ServiceSettings:
    return ServiceSettings(
        environment="production",
        database_url="postgresql:///unused",
        ordering_public_url=ORDERING,
        issuer_public_url="http://localhost:8002",
        notifier_public_url="http://localhost:8003",
        wallet_public_url="http://localhost:8004",
        verifier_public_url="http://localhost:8006",
        oidc_issuer=ISSUER,
        oidc_client_id="legitka",
        oidc_client_secret=SecretStr("development"),
    )


Make = Callable[..., FastAPI]


@pytest.fixture
def make(service: Database, provider: ScriptedProvider, clock: Clock) -> Make:
    def make_app(settings: ServiceSettings | None = None, **options: Any) -> FastAPI:
        app = serve(routes(), signin_router(), settings=settings)
        app.state.signin = SignIn(
            service=options.pop("service", "ordering"),
            public_url=options.pop("public_url", ORDERING),
            settings=settings or development_settings(),
            pool=service.pool,
            ring=RING,
            http=httpx.AsyncClient(transport=httpx.MockTransport(provider)),
            clock=clock,
            institutions=("umcs", "pwr"),
            **options,
        )
        return app

    return make_app


def routes() -> APIRouter:
    router = APIRouter()

    @router.get("/me")
    @router.post("/me")
    async def me(person: Annotated[Person, Depends(current_person)]) -> dict[str, Any]:
        return {
            "institution": person.institution_id,
            "subject": person.subject,
            "signed_in_at": person.signed_in_at,
            "expires_at": person.expires_at,
            "by": "session" if person.session else "token",
        }

    @router.get("/maybe")
    async def maybe(person: Annotated[Person | None, Depends(optional_person)]) -> bool:
        return person is not None

    return router


@pytest.fixture
async def browser(make: Make) -> AsyncIterator[httpx.AsyncClient]:
    async with browsing(make()) as started:
        yield started


def browsing(app: FastAPI, origin: str = ORDERING) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=origin)


async def sign_in(
    browser: httpx.AsyncClient, provider: ScriptedProvider, query: str = "", **headers: str
) -> httpx.Response:
    leaving = await browser.get(f"/signin{query}", headers=headers)
    assert leaving.status_code == 303
    return await browser.get(provider.visit(leaving.headers["location"]))


def cookies_of(response: httpx.Response) -> list[str]:
    return response.headers.get_list("set-cookie")


async def refused(browser: httpx.AsyncClient, url: str) -> bool:
    answer = await browser.get(url)
    me = await browser.get("/me")
    return answer.status_code == 400 and me.status_code == 401 and "/signin" in answer.text
