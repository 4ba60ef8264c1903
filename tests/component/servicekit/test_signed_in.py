"""Being signed in: which requests a session answers for, and how it ends."""

import hmac
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from starlette.requests import Request

from servicekit.signin import Person, SignIn
from tests.component.servicekit.conftest import (
    ORDERING,
    OWN,
    Make,
    browsing,
    sign_in,
)
from tests.component.servicekit.scripted_provider import ScriptedProvider
from tests.databases import Database


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": ORDERING}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:8004"}, 403),
        ({"Origin": "https://localhost:8001"}, 403),
        ({"Origin": f"{ORDERING}.evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
    ],
)
async def test_unsafe_requests_with_a_session_must_come_from_our_own_page(
    browser: httpx.AsyncClient, provider: ScriptedProvider, headers: dict[str, str], status: int
) -> None:
    await sign_in(browser, provider)

    answer = await browser.post("/me", headers=headers)

    assert answer.status_code == status


async def test_signing_out_ends_the_session_here_and_at_the_provider(
    browser: httpx.AsyncClient, provider: ScriptedProvider, service: Database
) -> None:
    await sign_in(browser, provider)
    cookie = browser.cookies["legitka-ordering"]

    out = await browser.post("/signout", headers=OWN)

    leads_to = urlsplit(out.headers["location"])
    query = dict(parse_qsl(leads_to.query))
    assert (out.status_code, leads_to.netloc + leads_to.path) == (303, "localhost:8005/logout")
    assert query["post_logout_redirect_uri"] == f"{ORDERING}/"
    assert query["id_token_hint"].count(".") == 2
    assert await service.pool.fetchval("select count(*) from sessions") == 0
    stolen = {"Cookie": f"legitka-ordering={cookie}"}
    assert (await browser.get("/me", headers=stolen)).status_code == 401


async def test_another_site_cannot_sign_people_out(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    await sign_in(browser, provider)

    by_form = await browser.post("/signout", headers={"Origin": "https://evil.example"})
    by_link = await browser.get("/signout")

    assert (by_form.status_code, by_link.status_code) == (403, 405)
    assert (await browser.get("/me")).status_code == 200


async def test_signing_out_works_while_the_provider_is_away(
    make: Make, browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    await sign_in(browser, provider)
    cookies = dict(browser.cookies)
    provider.away = True

    async with browsing(make()) as restarted:
        restarted.cookies.update(cookies)
        out = await restarted.post("/signout", headers=OWN)
        assert (out.status_code, out.headers["location"]) == (303, "/")
        restarted.cookies.update(cookies)
        assert (await restarted.get("/me")).status_code == 401


async def test_the_wallets_sessions_know_nobody(
    make: Make, provider: ScriptedProvider, service: Database
) -> None:
    def hashed(institution: str, subject: str) -> str:
        return hmac.digest(b"k", f"{institution}\0{subject}".encode(), "sha256").hex()

    async with browsing(make(subject_of=hashed, lasts=timedelta(hours=12))) as browser:
        await sign_in(browser, provider)
        assert (await browser.get("/me")).json()["subject"] == hashed("umcs", "zofia")
        out = await browser.post("/signout", headers=OWN)

        await sign_in(browser, provider)

    row = await service.pool.fetchrow("select * from sessions")
    assert row is not None
    assert "zofia" not in repr(row)
    assert row["id_token_sealed"] is None
    assert "id_token_hint" not in out.headers["location"]


async def test_an_open_stream_learns_that_its_session_ended(make: Make, provider: ScriptedProvider) -> None:
    app = make()
    signin: SignIn = app.state.signin
    async with browsing(app) as browser:
        await sign_in(browser, provider)
        person = await person_of(signin, browser.cookies["legitka-ordering"])
        assert await signin.still_signed_in(person)

        await browser.post("/signout", headers=OWN)

        assert not await signin.still_signed_in(person)


async def person_of(signin: SignIn, cookie: str) -> Person:
    headers = [(b"cookie", f"legitka-ordering={cookie}".encode())]
    person = await signin.person(Request({"type": "http", "method": "GET", "path": "/", "headers": headers}))
    assert person is not None
    return person
