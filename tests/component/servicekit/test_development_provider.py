"""The provider of the embedded stack, as it really is."""

import warnings
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from servicekit.signin import SignIn, signin_router
from tests.component.servicekit.conftest import ORDERING, OWN, RING, browsing, routes
from tests.databases import Database
from tests.unit.servicekit.serving import development_settings, serve

APP = "http://app.localhost/"


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it still uses what its library calls old
        import oidc_provider_mock  # noqa: PLC0415

        zofia = oidc_provider_mock.User(sub="zofia", claims={"institution": "umcs", "email": "z@example.pl"})
        with oidc_provider_mock.run_server_in_thread(user_claims=[zofia]) as server:
            yield f"http://localhost:{server.server_port}"


def signing_in_at(issuer: str, service: Database, http: httpx.AsyncClient) -> FastAPI:
    settings = development_settings(oidc_issuer=issuer)
    app = serve(routes(), signin_router(), settings=settings)
    app.state.signin = SignIn(
        service="ordering",
        public_url=ORDERING,
        settings=settings,
        pool=service.pool,
        ring=RING,
        http=http,
        clock=lambda: datetime.now(UTC),
        institutions=("umcs",),
    )
    return app


async def test_a_person_signs_in_calls_the_api_and_signs_out(issuer: str, service: Database) -> None:
    async with httpx.AsyncClient() as http, browsing(signing_in_at(issuer, service, http)) as browser:
        leaving = await browser.get("/signin?next=/orders&max_age=600")
        form = await http.post(leaving.headers["location"], data={"sub": "zofia"})
        back = await browser.get(form.headers["location"])
        me = await browser.get("/me")
        out = await browser.post("/signout", headers=OWN)

        assert back.headers["location"] == "/orders"
        assert (me.json()["subject"], me.json()["institution"]) == ("zofia", "umcs")
        assert me.json()["signed_in_at"] is not None
        assert (await http.get(out.headers["location"])).status_code == 200
        assert (await browser.get("/me")).status_code == 401


async def test_its_access_tokens_count_in_development(issuer: str, service: Database) -> None:
    async with httpx.AsyncClient() as http, browsing(signing_in_at(issuer, service, http)) as client:
        token = await access_token(http, issuer)
        me = await client.post("/me", headers={"Authorization": f"Bearer {token}"})

    assert (me.json()["subject"], me.json()["by"]) == ("zofia", "token")


async def access_token(http: httpx.AsyncClient, issuer: str) -> str:
    query = {
        "client_id": "app",
        "redirect_uri": APP,
        "response_type": "code",
        "scope": "openid",
    }
    form = await http.post(f"{issuer}/oauth2/authorize", params=query, data={"sub": "zofia"})
    code = httpx.URL(form.headers["location"]).params["code"]
    grant = {"grant_type": "authorization_code", "code": code, "redirect_uri": APP}
    tokens = await http.post(f"{issuer}/oauth2/token", data=grant, auth=("app", "any"))
    return str(tokens.json()["access_token"])
