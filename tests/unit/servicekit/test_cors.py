import httpx
import pytest
from fastapi import APIRouter
from fastapi.responses import JSONResponse

from servicekit.cors import CrossOrigin, wallet_facing
from servicekit.refusals import TemporarilyUnavailable
from tests.unit.servicekit.serving import client, serve

ORDERING = "http://localhost:8001"
RULES = (wallet_facing(r"/token|/offers/.*"), CrossOrigin(r"/api/v1/alerts.*", origins=(ORDERING,)))


def http() -> httpx.AsyncClient:
    router = APIRouter()

    @router.get("/token")
    @router.get("/offers/{offer_id}")
    @router.get("/api/v1/alerts")
    @router.get("/signout")
    async def answer() -> JSONResponse:
        return JSONResponse("ok", headers={"Vary": "Accept-Language"})

    @router.post("/token")
    async def refuse() -> None:
        raise TemporarilyUnavailable

    return client(serve(router, cross_origin=RULES))


async def get(path: str, origin: str) -> httpx.Response:
    async with http() as browser:
        return await browser.get(path, headers={"Origin": origin})


@pytest.mark.parametrize("path", ["/token", "/offers/abc"])
async def test_any_page_may_read_what_wallets_call(path: str) -> None:
    answer = await get(path, "https://some.wallet")

    assert answer.headers["access-control-allow-origin"] == "*"
    assert "DPoP-Nonce" in answer.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answer.headers


async def test_refusals_can_be_read_as_well() -> None:
    async with http() as browser:
        answer = await browser.post("/token", headers={"Origin": "https://some.wallet"})

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (503, "*")


async def test_a_preflight_is_answered_at_once() -> None:
    async with http() as browser:
        answer = await browser.options(
            "/token", headers={"Origin": "https://some.wallet", "Access-Control-Request-Method": "POST"}
        )

    assert answer.status_code == 204
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "DPoP" in answer.headers["access-control-allow-headers"]


async def test_a_named_origin_is_allowed_and_no_other() -> None:
    ours = await get("/api/v1/alerts", ORDERING)
    theirs = await get("/api/v1/alerts", "https://elsewhere.example")

    assert ours.headers["access-control-allow-origin"] == ORDERING
    assert ours.headers["vary"] == "Accept-Language, Origin"
    assert "access-control-allow-origin" not in theirs.headers


@pytest.mark.parametrize("path", ["/signout", "/tokens", "/api/v2/alerts", "/nowhere"])
async def test_other_paths_stay_on_their_origin(path: str) -> None:
    answer = await get(path, ORDERING)

    assert "access-control-allow-origin" not in answer.headers
