from typing import Any

import httpx
import pytest
from joserfc.jwk import ECKey

from tests.component.servicekit.conftest import ORDERING, Clock, Make, browsing, production_settings, sign_in
from tests.component.servicekit.scripted_provider import ISSUER, ScriptedProvider


def access_token(provider: ScriptedProvider, clock: Clock, typ: str = "at+jwt", **changes: Any) -> str:
    now = int(clock.now.timestamp())
    claims = {"iss": ISSUER, "aud": ORDERING, "scope": "openid legitka", "iat": now, "exp": now + 300}
    claims |= {**provider.person, **changes}
    return provider.sign({name: value for name, value in claims.items() if value is not None}, typ)


async def by_token(browser: httpx.AsyncClient, token: str, method: str = "GET") -> httpx.Response:
    return await browser.request(method, "/me", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_an_access_token_for_this_api_counts(
    browser: httpx.AsyncClient, provider: ScriptedProvider, clock: Clock, algorithm: str
) -> None:
    provider.algorithm = algorithm
    provider.key = ECKey.generate_key("P-256") if algorithm == "ES256" else provider.key

    me = await by_token(browser, access_token(provider, clock), "POST")

    assert (me.status_code, me.json()["subject"], me.json()["by"]) == (200, "zofia", "token")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "http://localhost:8003"},
        {"aud": None},
        {"iss": "http://localhost:9999"},
        {"scope": "openid"},
        {"scope": "legitka-other"},
        {"scope": None},
        {"exp": 1},
        {"exp": None},
        {"sub": None},
        {"institution": None},
        {"institution": "hogwarts"},
        {"typ": "JWT"},
        {"typ": "logout+jwt"},
    ],
    ids=str,
)
async def test_a_token_for_something_else_is_refused(
    make: Make, provider: ScriptedProvider, clock: Clock, changes: dict[str, Any]
) -> None:
    async with browsing(make(production_settings())) as browser:
        me = await by_token(browser, access_token(provider, clock, **changes))

    assert (me.status_code, me.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')


async def test_an_id_token_is_no_access_token(make: Make, provider: ScriptedProvider, clock: Clock) -> None:
    provider.change_id_token = lambda claims: claims | {"aud": ["legitka", ORDERING], "azp": "legitka"}
    provider.person |= {"scope": "legitka"}
    async with browsing(make(production_settings())) as browser:
        await sign_in(browser, provider)
        assert (await browser.get("/me")).status_code == 200
        browser.cookies.clear()

        assert (await by_token(browser, provider.signed[-1])).status_code == 401


async def test_a_token_is_remembered_for_half_a_minute_and_never_longer_than_it_lasts(
    browser: httpx.AsyncClient, provider: ScriptedProvider, clock: Clock
) -> None:
    short = access_token(provider, clock, exp=int(clock.now.timestamp()) + 10)
    assert (await by_token(browser, short)).status_code == 200

    clock.forward(seconds=20)

    assert (await by_token(browser, short)).status_code == 401


def introspecting(provider: ScriptedProvider, **claims: Any) -> None:
    provider.discovery = {"introspection_endpoint": f"{ISSUER}/introspect"}
    active = {"active": True, "aud": [ORDERING, "another"], "scope": "legitka", **provider.person}
    provider.introspection["opaque"] = {k: v for k, v in (active | claims).items() if v is not None}


async def test_an_opaque_token_counts_by_introspection(make: Make, provider: ScriptedProvider) -> None:
    introspecting(provider)
    async with browsing(make(production_settings())) as browser:
        for _ in range(3):
            assert (await by_token(browser, "opaque")).status_code == 200
        assert (await by_token(browser, "unknown")).status_code == 401

    assert provider.asked.count("/introspect") == 2


@pytest.mark.parametrize(
    "claims",
    [
        {"active": False},
        {"active": "yes"},
        {"aud": "another"},
        {"aud": None},
        {"scope": "openid"},
        {"iss": "http://localhost:9999"},
        {"sub": None},
        {"institution": None},
    ],
    ids=str,
)
async def test_an_opaque_token_for_something_else_is_refused(
    make: Make, provider: ScriptedProvider, claims: dict[str, Any]
) -> None:
    introspecting(provider, **claims)
    async with browsing(make(production_settings())) as browser:
        assert (await by_token(browser, "opaque")).status_code == 401


async def test_a_revoked_token_stops_counting_within_half_a_minute(
    browser: httpx.AsyncClient, provider: ScriptedProvider, clock: Clock
) -> None:
    introspecting(provider)
    await by_token(browser, "opaque")
    provider.introspection.clear()

    clock.forward(seconds=30)

    assert (await by_token(browser, "opaque")).status_code == 401


async def test_userinfo_counts_in_development_only(make: Make, provider: ScriptedProvider) -> None:
    provider.userinfo["opaque"] = dict(provider.person)

    async with browsing(make()) as development:
        assert (await by_token(development, "opaque")).status_code == 200
        assert (await by_token(development, "unknown")).status_code == 401
    async with browsing(make(production_settings())) as production:
        assert (await by_token(production, "opaque")).status_code == 401


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer a b", "bearer x", "Bearer żółw", "Bearer \x7f"]
)
async def test_a_header_without_a_real_token_is_401(browser: httpx.AsyncClient, header: str) -> None:
    me = await browser.get("/me", headers={b"Authorization": header.encode()})

    assert me.status_code == 401


async def test_a_token_is_not_helped_by_a_session(
    browser: httpx.AsyncClient, provider: ScriptedProvider
) -> None:
    await sign_in(browser, provider)

    assert (await by_token(browser, "unknown")).status_code == 401
