import asyncio
import hmac
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey
from starlette.requests import Request

from servicekit.signin import Person, SignIn
from tests.component.servicekit.conftest import (
    ORDERING,
    OWN,
    Clock,
    Make,
    browsing,
    cookies_of,
    production_settings,
    sign_in,
)
from tests.component.servicekit.scripted_provider import ISSUER, ScriptedProvider
from tests.databases import Database
from tests.unit.servicekit.serving import development_settings


async def test_a_person_signs_in_and_is_known(browser: httpx.AsyncClient, provider: ScriptedProvider) -> None:
    back = await sign_in(browser, provider, "?next=/orders")

    me = await browser.get("/me")
    assert (back.status_code, back.headers["location"]) == (303, "/orders")
    assert (me.json()["institution"], me.json()["subject"], me.json()["by"]) == ("umcs", "zofia", "session")


async def test_nobody_is_401_or_none(browser: httpx.AsyncClient) -> None:
    me = await browser.get("/me")
    maybe = await browser.get("/maybe")

    assert (me.status_code, me.json()["code"]) == (401, "NOT_SIGNED_IN")
    assert me.headers["www-authenticate"] == "Bearer"
    assert maybe.json() is False


async def test_the_cookie_is_for_this_host_and_not_for_scripts(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    back = await sign_in(browser, provider)

    (cookie,) = [line for line in cookies_of(back) if line.startswith("legitka-ordering=")]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=28800" in cookie
    assert "Domain" not in cookie


async def test_over_https_the_cookie_has_the_host_prefix(make: Make, provider: ScriptedProvider) -> None:
    app = make(public_url="https://mlegitymacja.example.pl")
    async with browsing(app, "https://mlegitymacja.example.pl") as browser:
        back = await sign_in(browser, provider)
        assert (await browser.get("/me")).status_code == 200

    (cookie,) = [line for line in cookies_of(back) if line.startswith("__Host-legitka-ordering=")]
    assert "Secure" in cookie


async def test_a_session_of_another_service_does_not_count(make: Make, provider: ScriptedProvider) -> None:
    async with browsing(make()) as browser:
        await sign_in(browser, provider)
        cookies = dict(browser.cookies)

    async with browsing(make(service="notifier")) as other:
        other.cookies.update(cookies)
        assert (await other.get("/me")).status_code == 401


async def test_a_session_ends_when_its_time_is_over(
    browser: httpx.AsyncClient, provider: ScriptedProvider, clock: Clock
) -> None:
    await sign_in(browser, provider)

    clock.forward(hours=7, minutes=59)
    assert (await browser.get("/me")).status_code == 200
    clock.forward(minutes=1)
    assert (await browser.get("/me")).status_code == 401


async def test_signing_in_again_replaces_the_session(
    browser: httpx.AsyncClient, provider: ScriptedProvider, service: Database
) -> None:
    await sign_in(browser, provider)
    first = browser.cookies["legitka-ordering"]

    await sign_in(browser, provider)

    assert browser.cookies["legitka-ordering"] != first
    assert await service.pool.fetchval("select count(*) from sessions") == 1


async def test_a_session_id_is_nothing_that_was_seen_on_the_way(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    leaving = await browser.get("/signin")
    back = provider.visit(leaving.headers["location"])

    await browser.get(back)

    assert browser.cookies["legitka-ordering"] not in leaving.headers["location"] + back


async def test_a_session_id_from_elsewhere_is_never_taken_over(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    browser.cookies.set("legitka-ordering", "chosen-by-an-attacker", domain="localhost.local", path="/")

    await sign_in(browser, provider)

    attacker = {"Cookie": "legitka-ordering=chosen-by-an-attacker"}
    browser.cookies.clear()
    assert (await browser.get("/me", headers=attacker)).status_code == 401


@pytest.mark.parametrize(
    "next_path", ["//evil.example", "https://evil.example", "/%5Cevil.example", "/%0d%0aX:1"]
)
async def test_signing_in_never_leads_to_another_site(
    browser: httpx.AsyncClient, provider: ScriptedProvider, next_path: str
) -> None:
    back = await sign_in(browser, provider, f"?next={next_path}")

    assert back.headers["location"] == "/"


async def test_two_tabs_can_sign_in_side_by_side(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    one = await browser.get("/signin?next=/one")
    two = await browser.get("/signin?next=/two")

    back_two = await browser.get(provider.visit(two.headers["location"]))
    back_one = await browser.get(provider.visit(one.headers["location"]))

    assert [back_one.headers["location"], back_two.headers["location"]] == ["/one", "/two"]


async def refused(browser: httpx.AsyncClient, url: str) -> bool:
    answer = await browser.get(url)
    me = await browser.get("/me")
    return answer.status_code == 400 and me.status_code == 401 and "/signin" in answer.text


async def test_an_answer_to_a_sign_in_begun_elsewhere_is_refused(
    make: Make, browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    leaving = await browser.get("/signin")
    back = provider.visit(leaving.headers["location"])

    async with browsing(make()) as victim:
        assert await refused(victim, back)


async def test_an_answer_counts_once(browser: httpx.AsyncClient, provider: ScriptedProvider) -> None:
    leaving = await browser.get("/signin")
    back = provider.visit(leaving.headers["location"])
    await browser.get(back)
    browser.cookies.delete("legitka-ordering")

    assert await refused(browser, back)


async def test_an_answer_after_ten_minutes_is_refused(
    browser: httpx.AsyncClient, provider: ScriptedProvider, clock: Clock
) -> None:
    leaving = await browser.get("/signin")
    back = provider.visit(leaving.headers["location"])

    clock.forward(minutes=10)

    assert await refused(browser, back)


async def test_a_person_who_says_no_at_the_provider_is_not_signed_in(browser: httpx.AsyncClient) -> None:
    leaving = await browser.get("/signin")
    state = dict(parse_qsl(urlsplit(leaving.headers["location"]).query))["state"]

    assert await refused(browser, f"/signin/callback?error=access_denied&state={state}")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "http://localhost:9999"},
        {"aud": "another-client"},
        {"aud": ["legitka", "another-client"]},
        {"azp": "another-client"},
        {"nonce": "another-nonce"},
        {"nonce": None},
        {"exp": 1},
        {"iat": None},
        {"sub": None},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        {"institution": "hogwarts"},
        {"institution": None},
        {"sub": "a" * 256},
    ],
    ids=str,
)
async def test_an_id_token_that_does_not_hold_signs_nobody_in(
    browser: httpx.AsyncClient, provider: ScriptedProvider, change: dict[str, Any]
) -> None:
    provider.change_id_token = lambda claims: {
        name: value for name, value in (claims | change).items() if value is not None
    }
    leaving = await browser.get("/signin")

    assert await refused(browser, provider.visit(leaving.headers["location"]))


async def test_an_id_token_under_a_foreign_key_signs_nobody_in(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    await sign_in(browser, provider)
    browser.cookies.clear()
    published, provider.key = provider.key, RSAKey.generate_key(2048)
    leaving = await browser.get("/signin")
    back = provider.visit(leaving.headers["location"])
    sign = provider.sign

    def sign_then_hide(claims: dict[str, Any], typ: str = "JWT") -> str:
        text = sign(claims, typ)
        provider.key = published
        return text

    provider.sign = sign_then_hide  # type: ignore[method-assign] # the script of this test

    assert await refused(browser, back)


async def test_the_institution_may_stand_in_userinfo_only(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    provider.person = {"sub": "zofia"}
    provider.userinfo["opaque"] = {"sub": "zofia", "institution": "pwr"}

    await sign_in(browser, provider)

    assert (await browser.get("/me")).json()["institution"] == "pwr"


async def test_userinfo_of_somebody_else_is_refused(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    provider.person = {"sub": "zofia"}
    provider.userinfo["opaque"] = {"sub": "jan", "institution": "pwr"}
    leaving = await browser.get("/signin")

    assert await refused(browser, provider.visit(leaving.headers["location"]))


async def test_a_recent_sign_in_can_be_asked_for(
    make: Make, provider: ScriptedProvider, clock: Clock
) -> None:
    async with browsing(make(production_settings())) as browser:
        await sign_in(browser, provider)
        assert (await browser.get("/me")).json()["signed_in_at"] is None

        await sign_in(browser, provider, "?max_age=600")

        assert datetime.fromisoformat((await browser.get("/me")).json()["signed_in_at"]) == clock.now


async def test_a_provider_that_does_not_ask_again_is_not_believed(
    browser: httpx.AsyncClient, provider: ScriptedProvider, clock: Clock
) -> None:
    provider.change_id_token = lambda claims: claims | {"auth_time": claims["iat"] - 3600}
    leaving = await browser.get("/signin?max_age=600")

    assert await refused(browser, provider.visit(leaving.headers["location"]))


async def test_production_wants_the_time_of_the_sign_in(make: Make, provider: ScriptedProvider) -> None:
    provider.change_id_token = lambda claims: {k: v for k, v in claims.items() if k != "auth_time"}
    async with browsing(make(production_settings())) as browser:
        leaving = await browser.get("/signin?max_age=600")

        assert await refused(browser, provider.visit(leaving.headers["location"]))


async def test_the_development_provider_asks_anew_each_time(
    browser: httpx.AsyncClient, provider: ScriptedProvider, clock: Clock
) -> None:
    provider.change_id_token = lambda claims: {k: v for k, v in claims.items() if k != "auth_time"}

    await sign_in(browser, provider, "?max_age=600")

    assert datetime.fromisoformat((await browser.get("/me")).json()["signed_in_at"]) == clock.now


@pytest.mark.parametrize("max_age", ["-1", "abc", "٣", "1e9", "99999999"])
async def test_a_max_age_that_is_none_is_left_out(browser: httpx.AsyncClient, max_age: str) -> None:
    leaving = await browser.get("/signin", params={"max_age": max_age})

    assert "max_age" not in dict(parse_qsl(urlsplit(leaving.headers["location"]).query))


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


async def test_a_provider_that_is_away_is_said_to_be(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    provider.away = True

    page = await browser.get("/signin", headers={"Accept-Language": "en"})
    token = await browser.get("/me", headers={"Authorization": "Bearer opaque"})

    assert (page.status_code, "not possible at the moment" in page.text) == (503, True)
    assert (token.status_code, token.json()["code"]) == (503, "TEMPORARILY_UNAVAILABLE")


async def test_a_provider_that_is_away_is_not_asked_by_each_request_in_its_turn(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    provider.away = True

    pages = await asyncio.gather(*(browser.get("/signin") for _ in range(5)))

    assert {page.status_code for page in pages} == {503}
    assert provider.refused == 1


async def test_a_provider_by_another_name_is_not_used(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    provider.discovery = {"issuer": "http://evil.example"}

    assert (await browser.get("/signin")).status_code == 503


async def test_the_back_channel_keeps_the_public_name(make: Make, provider: ScriptedProvider) -> None:
    settings = development_settings(oidc_backchannel_url="http://identity:8080")
    async with browsing(make(settings)) as browser:
        leaving = await browser.get("/signin")
        await browser.get(provider.visit(leaving.headers["location"]))

        assert (await browser.get("/me")).status_code == 200
    assert leaving.headers["location"].startswith(f"{ISSUER}/authorize?")
    assert provider.hosts == {"localhost:8005"}


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
