"""What a wallet reads before it asks for a token: metadata, keys and terms."""

import httpx

from contracts.wallet import ActivationAccepted
from eventing import Works
from tests.component.wallet.scene import Clock, Order, tell
from tests.component.wallet.steps import error_of, fetch_code, redeem
from tests.eventlog import published
from wallet.parts import Parts
from wallet.terms import VERSION


async def test_metadata_says_what_is_true_of_this_server(http: httpx.AsyncClient) -> None:
    answer = await http.get("/.well-known/oauth-authorization-server")

    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.json() == {
        "issuer": "http://localhost:8004",
        "authorization_endpoint": "http://localhost:8004/authorize",
        "token_endpoint": "http://localhost:8004/token",
        "jwks_uri": "http://localhost:8004/jwks",
        "grant_types_supported": ["urn:ietf:params:oauth:grant-type:pre-authorized_code", "refresh_token"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_details_types_supported": ["openid_credential"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


async def test_keys_are_public_only(http: httpx.AsyncClient, parts: Parts) -> None:
    keys = (await http.get("/jwks")).json()["keys"]

    assert [key["kid"] for key in keys] == [key.kid for key in parts.keys.tokens.all]
    assert all("d" not in key for key in keys)


async def test_accepted_terms_are_told_with_the_activation(
    http: httpx.AsyncClient, works: Works, order: Order, signed_in: None
) -> None:
    await tell(works, order.ready())
    accepted = await http.post("/api/v1/terms", json={"version": VERSION})

    await redeem(
        http,
        await fetch_code(http, order),
        terms_receipt=accepted.json()["terms_receipt"],
        device_label="computer",
    )

    assert accepted.json()["server_time"] == "2026-10-01T12:00:00Z"
    (event,) = await published(works.pool)
    assert isinstance(event, ActivationAccepted)
    assert (event.terms_version, event.device_label) == (VERSION, "computer")


async def test_terms_are_read_by_anybody_in_his_language(http: httpx.AsyncClient) -> None:
    polish = await http.get("/api/v1/terms")
    english = await http.get("/api/v1/terms", headers={"Accept-Language": "en"})

    assert polish.json()["version"] == english.json()["version"] == VERSION
    assert "legitymację" in polish.json()["text"]
    assert "device" in english.json()["text"]


async def test_terms_are_accepted_only_by_who_has_signed_in(http: httpx.AsyncClient) -> None:
    answer = await http.post("/api/v1/terms", json={"version": VERSION})

    assert answer.status_code == 401


async def test_old_terms_cannot_be_accepted(http: httpx.AsyncClient, signed_in: None) -> None:
    answer = await http.post("/api/v1/terms", json={"version": "2020-01-01"})

    assert (answer.status_code, answer.json()["code"]) == (422, "TERMS_OUTDATED")
    assert answer.json()["version"] == VERSION


async def test_a_receipt_that_is_old_or_not_ours_is_refused_before_anything_is_counted(
    http: httpx.AsyncClient, works: Works, order: Order, clock: Clock, signed_in: None
) -> None:
    await tell(works, order.ready())
    receipt = (await http.post("/api/v1/terms", json={"version": VERSION})).json()["terms_receipt"]
    clock.advance(hours=24, seconds=1)
    code = await fetch_code(http, order)

    answers = [await redeem(http, code, terms_receipt=each) for each in (receipt, receipt[:-1], "x", "ż")]

    assert [error_of(answer) for answer in answers] == [(400, "invalid_request")] * 4
    assert (await redeem(http, code)).status_code == 200
