"""What the provider tells of a person: ID tokens, userinfo, and how fresh the sign-in is."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from tests.component.servicekit.conftest import (
    Clock,
    Make,
    browsing,
    production_settings,
    refused,
    sign_in,
)
from tests.component.servicekit.scripted_provider import ScriptedProvider


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
