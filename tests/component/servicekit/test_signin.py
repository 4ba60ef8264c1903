"""Signing in: the way to the provider and back, and what may go wrong on it."""

import asyncio
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.component.servicekit.conftest import (
    Clock,
    Make,
    browsing,
    cookies_of,
    refused,
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
