"""What every service has: probes, documents, careful headers, measures."""

import pytest
from prometheus_client import REGISTRY

from servicekit.health import Check, Readiness
from tests.unit.servicekit.made_up_service import PESEL, http
from tests.unit.servicekit.serving import client, development_settings, serve


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
