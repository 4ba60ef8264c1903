"""How refusals and faults are answered, and what they do not repeat."""

import pytest
from starlette.types import Message
from structlog.testing import capture_logs

from servicekit.accepting import FORM, JSON
from tests.unit.servicekit.made_up_service import AWAY, PESEL, absences, http, post
from tests.unit.servicekit.serving import serve


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
    assert answers[2].json()["error_description"] == f"Wrong content type: send {FORM}"
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers)


async def test_a_missing_form_field_is_an_invalid_request() -> None:
    answer = await post(b"other=1", FORM, "/api/v1/token-by-fields")

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_an_oauth_error_is_told_as_raised() -> None:
    async with http() as wallet:
        answer = await wallet.post("/api/v1/refused")

    assert answer.json() == {"error": "invalid_nonce", "error_description": "ask for a new one"}
    assert (answer.status_code, answer.headers["dpop-nonce"]) == (400, "n")
