from collections.abc import AsyncIterator
from typing import Annotated, Literal

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Form, Path, Request
from prometheus_client import REGISTRY
from pydantic import BaseModel, ConfigDict, field_validator
from starlette.responses import StreamingResponse
from starlette.types import Message
from structlog.testing import capture_logs

from servicekit.accepting import BYTES, FORM, JSON, accepts
from servicekit.health import Check, Readiness
from servicekit.oauth import OAuthError
from servicekit.problems import Problem, Text
from servicekit.remote_keys import KeysUnavailable
from tests.unit.servicekit.serving import client, development_settings, serve

PESEL = "02271409862"


class Consent(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["card_terms"]
    text: str

    @field_validator("text")
    @classmethod
    def _not_a_pesel(cls, value: str) -> str:
        if value == PESEL:
            raise ValueError(f"{value} is a PESEL")
        return value


class TooEarly(Problem):
    status = 409
    code = "TOO_EARLY"
    title = Text("Za wcześnie", "Too early")


def routes() -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.post("/consents")
    async def take_consents(consents: list[Consent]) -> int:
        return len(consents)

    @router.get("/people/{pesel}")
    async def fail(pesel: Annotated[str, Path()]) -> None:
        raise RuntimeError(pesel)

    @router.get("/early")
    async def refuse() -> None:
        raise TooEarly

    @router.put("/packs/{handle}")
    @accepts(BYTES, limit=100)
    async def take_pack(handle: str, request: Request) -> int:
        return len(await request.body())

    @router.post("/token")
    @accepts(FORM, oauth_error="invalid_request")
    async def token(request: Request) -> dict[str, str]:
        return {name: str(value) for name, value in (await request.form()).items()}

    @router.post("/token-by-fields")
    @accepts(FORM, oauth_error="invalid_request")
    async def token_by_fields(code: Annotated[str, Form()]) -> str:
        return code

    @router.post("/refused")
    @accepts(oauth_error="invalid_credential_request")
    async def refused() -> None:
        raise OAuthError("invalid_nonce", "ask for a new one", headers={"DPoP-Nonce": "n"})

    return router


def absences() -> APIRouter:
    router = APIRouter(prefix="/api/v1")

    @router.post("/away/{what}")
    @accepts(oauth_error="invalid_request")
    async def away_for_wallets(what: str) -> None:
        raise AWAY[what]("private")

    @router.get("/breaking-off")
    async def break_off() -> StreamingResponse:
        async def chunks() -> AsyncIterator[bytes]:
            yield b"begun"
            raise RuntimeError(PESEL)

        return StreamingResponse(chunks())

    @router.get("/away/{what}")
    async def away(what: str) -> None:
        raise AWAY[what]("private")

    return router


AWAY: dict[str, type[Exception]] = {
    "database": asyncpg.ConnectionDoesNotExistError,
    "starting": asyncpg.CannotConnectNowError,
    "stopping": asyncpg.AdminShutdownError,
    "deadlock": asyncpg.DeadlockDetectedError,
    "refused": ConnectionRefusedError,
    "keys": KeysUnavailable,
}


def http() -> httpx.AsyncClient:
    return client(serve(routes(), absences()))


async def post(content: bytes, kind: str = JSON, path: str = "/api/v1/consents") -> httpx.Response:
    async with http() as browser:
        return await browser.post(path, content=content, headers={"Content-Type": kind})


@pytest.mark.parametrize("probe", ["live", "ready", "pipeline"])
async def test_probes_answer_json_and_never_redirect(probe: str) -> None:
    async with http() as operator:
        exact = await operator.get(f"/health/{probe}")
        slash = await operator.get(f"/health/{probe}/")

    assert (exact.status_code, exact.json()["status"]) == (200, "ok")
    assert slash.status_code == 404


async def test_a_probe_says_reason_and_cure() -> None:
    down = Readiness(
        {"database": Check(False, "no answer", "start it"), "keys": Check(True, "all are there")}
    )
    async with client(serve(ready=down)) as operator:
        ready = await operator.get("/health/ready")
        live = await operator.get("/health/live")
        pipeline = await operator.get("/health/pipeline")

    assert ready.status_code == 503
    assert ready.json() == {
        "status": "failing",
        "checks": {
            "database": {"ok": False, "reason": "no answer", "cure": "start it"},
            "keys": {"ok": True, "reason": "all are there"},
        },
    }
    assert (live.status_code, pipeline.status_code) == (200, 200)


async def test_no_address_redirects_for_a_slash() -> None:
    async with http() as browser:
        answer = await browser.get("/api/v1/early/")

    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_the_documents_are_served_without_anything_from_elsewhere() -> None:
    async with http() as reader:
        docs = await reader.get("/docs")
        openapi = await reader.get("/openapi.json")
        asyncapi = await reader.get("/asyncapi")

    assert "/api/v1/people/{pesel}" in docs.text
    assert "http" not in docs.text.replace("http-equiv", "")
    assert "default-src 'none'" in docs.headers["content-security-policy"]
    assert "/health/ready" not in openapi.json()["paths"]
    assert asyncapi.json()["asyncapi"].startswith("3.")


async def test_a_wrong_field_is_named_without_its_value() -> None:
    async with http() as browser:
        answer = await browser.post(
            "/api/v1/consents",
            json=[{"kind": PESEL, "text": PESEL}, {"kind": "card_terms", PESEL: 1}],
            headers={"Accept-Language": "en"},
        )

    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")
    assert PESEL not in answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [
        "body.0.kind",
        "body.0.text",
        "body.1.text",
        "body.1.?",
    ]


async def test_a_refusal_of_the_domain_keeps_its_code() -> None:
    async with http() as browser:
        answer = await browser.get("/api/v1/early", headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.json()["code"], answer.json()["title"]) == (
        409,
        "TOO_EARLY",
        "Too early",
    )


async def test_a_fault_is_answered_and_logged_without_the_person() -> None:
    with capture_logs() as logs:
        async with http() as browser:
            answer = await browser.get(f"/api/v1/people/{PESEL}?x={PESEL}")

    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL_ERROR")
    assert len(answer.json()["trace_id"]) == 32
    assert PESEL not in answer.text + repr(logs)
    assert [log["event"] for log in logs] == ["request_failed", "request"]
    assert logs[0]["exception"] == "RuntimeError"
    assert logs[1]["route"] == "/api/v1/people/{pesel}"


@pytest.mark.parametrize("what", AWAY)
async def test_what_is_away_for_a_moment_is_503_with_a_time(what: str) -> None:
    async with http() as browser:
        ours = await browser.get(f"/api/v1/away/{what}")
        wallets = await browser.post(f"/api/v1/away/{what}")

    assert (ours.status_code, ours.json()["code"]) == (503, "TEMPORARILY_UNAVAILABLE")
    assert (wallets.status_code, wallets.json()["error"]) == (503, "temporarily_unavailable")
    assert ours.headers["retry-after"] == wallets.headers["retry-after"] == "2"
    assert "private" not in ours.text + wallets.text


async def test_an_answer_that_breaks_off_is_logged_and_not_begun_again() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/api/v1/breaking-off",
        "query_string": b"",
        "headers": [],
    }
    with capture_logs() as logs:
        await serve(absences())(scope | {"asgi": {"spec_version": "2.4"}}, receive, send)

    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert [log["event"] for log in logs] == ["request_failed", "request"]
    assert PESEL not in repr(logs)


async def test_a_wrong_method_is_405_and_says_what_is_allowed() -> None:
    async with http() as browser:
        answer = await browser.delete("/api/v1/consents")

    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["allow"]


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]garbage",
        b'[{"kind": "\xff"}]',
        b'[{"kind": "\x00"}]',
        b'[{"text": "\\u0000"}]',
        b'[{"text": "\\\\\\u0000"}]',
        b'[{"text": "\\ud800"}]',
        b"[" * 30_000,
    ],
)
async def test_a_body_that_cannot_be_read_is_400(body: bytes) -> None:
    answer = await post(body)

    assert (answer.status_code, answer.json()["code"]) == (400, "UNREADABLE_REQUEST")


async def test_a_backslash_before_u0000_is_text() -> None:
    answer = await post(b'[{"kind": "card_terms", "text": "\\\\u0000"}]')

    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", FORM, "application/jsonp", "", "text/html;charset=utf-8"])
async def test_another_content_type_is_415_and_names_the_right_one(kind: str) -> None:
    answer = await post(b"[]", kind)

    assert (answer.status_code, answer.json()["accepted"]) == (415, [JSON])


async def test_a_body_over_the_limit_is_413() -> None:
    answer = await post(b" " * (64 * 1024) + b"[]")

    assert (answer.status_code, answer.json()["limit_bytes"]) == (413, 65536)


async def test_a_body_without_length_is_limited_too() -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 4096

    async with http() as browser:
        answer = await browser.post("/api/v1/consents", content=endless(), headers={"Content-Type": JSON})

    assert answer.status_code == 413


async def test_an_endpoint_may_take_bytes_with_a_limit_of_its_own() -> None:
    async with http() as phone:
        fits = await phone.put("/api/v1/packs/h", content=b"\0\xff" * 50, headers={"Content-Type": BYTES})
        over = await phone.put("/api/v1/packs/h", content=b"\0\xff" * 51, headers={"Content-Type": BYTES})
        json = await phone.put("/api/v1/packs/h", json={})

    assert [fits.status_code, over.status_code, json.status_code] == [200, 413, 415]


@pytest.mark.parametrize("path", ["/api/v1/%00", "/api/v1/%ff", "/api/v1/early?x=%00", "/api/v1/early?x=%c3"])
async def test_an_address_that_is_no_text_is_400(path: str) -> None:
    async with http() as browser:
        answer = await browser.get(path)

    assert (answer.status_code, answer.json()["code"]) == (400, "UNREADABLE_REQUEST")


@pytest.mark.parametrize("path", ["/api/v1/token", "/api/v1/token-by-fields"])
async def test_wallets_are_refused_in_the_format_of_oauth(path: str) -> None:
    answers = [
        await post(b"code=%00", FORM, path),
        await post(b"code=%ff", FORM, path),
        await post(b'{"code": "1"}', JSON, path),
        await post(b"a" * 70_000, FORM, path),
    ]

    assert [answer.status_code for answer in answers] == [400, 400, 415, 413]
    assert {answer.json()["error"] for answer in answers} == {"invalid_request"}
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers)


async def test_a_missing_form_field_is_an_invalid_request() -> None:
    answer = await post(b"other=1", FORM, "/api/v1/token-by-fields")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_an_oauth_error_is_told_as_raised() -> None:
    async with http() as wallet:
        answer = await wallet.post("/api/v1/refused")

    assert answer.json() == {"error": "invalid_nonce", "error_description": "ask for a new one"}
    assert (answer.status_code, answer.headers["dpop-nonce"]) == (400, "n")


async def test_every_answer_has_careful_headers() -> None:
    async with http() as browser:
        paths = ("/health/live", "/api/v1/early", "/nowhere", "/api/v1/%ff", f"/api/v1/people/{PESEL}")
        answers = [await browser.get(path) for path in paths]

    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


async def test_https_is_remembered_where_the_service_has_it() -> None:
    settings = development_settings(ordering_public_url="https://mlegitymacja.example.pl")
    async with client(serve(settings=settings)) as browser:
        answer = await browser.get("/health/live")

    assert "max-age" in answer.headers["strict-transport-security"]


async def test_https_is_not_remembered_of_a_machine_of_ones_own() -> None:
    settings = development_settings(ordering_public_url="https://localhost:8001")
    async with client(serve(settings=settings)) as browser:
        answer = await browser.get("/health/live")

    assert "strict-transport-security" not in answer.headers


async def test_requests_are_measured_by_their_template() -> None:
    labels = {"method": "GET", "route": "/api/v1/people/{pesel}", "status": "500"}
    before = REGISTRY.get_sample_value("ordering_http_request_seconds_count", labels) or 0

    async with http() as browser:
        await browser.get(f"/api/v1/people/{PESEL}")
        metrics = await browser.get("/metrics")

    assert REGISTRY.get_sample_value("ordering_http_request_seconds_count", labels) == before + 1
    assert PESEL not in metrics.text


async def test_a_callers_trace_goes_on() -> None:
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    async with http() as browser:
        answer = await browser.get(f"/api/v1/people/{PESEL}", headers={"traceparent": parent})

    assert answer.json()["trace_id"] == "0af7651916cd43dd8448eb211c80319c"


async def test_the_address_alone_says_what_this_is_and_where_to_go() -> None:
    async with http() as browser:
        polish = await browser.get("/")
        english = await browser.get("/", headers={"Accept-Language": "en"})

    assert "zamówienia" in polish.text
    assert 'href="/docs"' in english.text
    assert "default-src 'none'" in english.headers["content-security-policy"]
