"""What anybody may read about an issuer, from any origin, and how strangers are refused."""

from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from issuer.parts import Parts
from servicekit.limits import FixedWindow, RefusedRequests
from tests.component.issuer.cards import open_signed
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import ISSUER, WALLET, Clock, Scene, WalletApp

METADATA = "/.well-known/openid-credential-issuer/t/umcs"
PUBLIC = [
    METADATA,
    "/.well-known/jwt-vc-issuer/t/umcs",
    "/t/umcs/vct/legitymacja-studencka/1",
    "/t/umcs/status-lists",
    "/t/umcs/status-lists/1",
]


async def test_metadata_name_the_issuer_exactly_and_its_authorization_server(http: httpx.AsyncClient) -> None:
    metadata = (await http.get(METADATA)).json()

    assert metadata["credential_issuer"] == f"{ISSUER}/t/umcs"
    assert metadata["authorization_servers"] == [WALLET]
    for endpoint in ("credential", "nonce", "notification"):
        assert metadata[f"{endpoint}_endpoint"] == f"{ISSUER}/t/umcs/{endpoint}"


async def test_metadata_are_signed_for_who_asks_for_a_jwt(http: httpx.AsyncClient, clock: Clock) -> None:
    plain = (await http.get(METADATA)).json()

    signed = await http.get(METADATA, headers={"Accept": "application/jwt"})

    header, claims, certificate = open_signed(signed.text)
    assert signed.headers["content-type"] == "application/jwt"
    assert header["typ"] == "openidvci-issuer-metadata+jwt"
    assert claims.pop("sub") == claims.pop("iss") == plain["credential_issuer"]
    assert claims.pop("iat") == int(clock.now.timestamp())
    assert claims == plain
    assert certificate.issuer != certificate.subject


async def test_metadata_are_json_for_who_takes_either(http: httpx.AsyncClient) -> None:
    answer = await http.get(METADATA, headers={"Accept": "application/jwt, application/json;q=0.5"})

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept"


async def test_the_configuration_is_complete(http: httpx.AsyncClient) -> None:
    [configuration] = (await http.get(METADATA)).json()["credential_configurations_supported"].values()

    assert configuration["format"] == "dc+sd-jwt"
    assert configuration["scope"]
    assert configuration["cryptographic_binding_methods_supported"] == ["jwk"]
    assert configuration["proof_types_supported"] == {
        "jwt": {"proof_signing_alg_values_supported": ["ES256"]}
    }
    locales = [display["locale"] for display in configuration["credential_metadata"]["display"]]
    assert locales == ["pl-PL", "en"]


async def test_the_type_is_found_at_its_own_address(http: httpx.AsyncClient) -> None:
    [configuration] = (await http.get(METADATA)).json()["credential_configurations_supported"].values()
    path = configuration["vct"].removeprefix(ISSUER)

    described = (await http.get(path)).json()

    assert described["vct"] == configuration["vct"]
    assert all(claim["sd"] == "always" for claim in described["claims"])
    assert ["pesel"] in [claim["path"] for claim in described["claims"]]


async def test_the_keys_of_cards_are_published_without_their_secrets(http: httpx.AsyncClient) -> None:
    published = (await http.get("/.well-known/jwt-vc-issuer/t/umcs")).json()

    assert published["issuer"] == f"{ISSUER}/t/umcs"
    assert all("d" not in key and key["kid"] for key in published["jwks"]["keys"])


async def test_the_keys_of_service_tokens_are_others(http: httpx.AsyncClient) -> None:
    cards = (await http.get("/.well-known/jwt-vc-issuer/t/umcs")).json()["jwks"]["keys"]
    service = (await http.get("/internal/jwks")).json()["keys"]

    assert all("d" not in key for key in service)
    assert not {key["kid"] for key in cards} & {key["kid"] for key in service}


@pytest.mark.parametrize("path", PUBLIC)
async def test_any_page_may_read_it_without_credentials(path: str, http: httpx.AsyncClient) -> None:
    response = await http.get(path, headers={"Origin": "https://wallet.example"})

    assert response.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in response.headers
    assert {"DPoP-Nonce", "WWW-Authenticate", "Date", "ETag", "Retry-After"} <= set(
        response.headers["access-control-expose-headers"].split(", ")
    )


@pytest.mark.parametrize("path", ["/t/umcs/nonce", "/t/umcs/credential", "/t/umcs/notification"])
async def test_a_page_may_send_tokens_and_proofs(path: str, http: httpx.AsyncClient) -> None:
    headers = {"Origin": "https://wallet.example", "Access-Control-Request-Method": "POST"}

    response = await http.options(path, headers=headers)

    assert response.headers["access-control-allow-origin"] == "*"
    assert {"Authorization", "DPoP", "Content-Type"} <= set(
        response.headers["access-control-allow-headers"].split(", ")
    )


async def test_a_nonce_is_anybodys_and_never_cached(http: httpx.AsyncClient) -> None:
    response = await http.post("/t/umcs/nonce")

    assert response.status_code == 200
    assert response.json().keys() == {"c_nonce"}
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/.well-known/openid-credential-issuer/t/nowhere", "/.well-known/openid-credential-issuer"]
)
async def test_an_unknown_institution_is_not_found(path: str, http: httpx.AsyncClient) -> None:
    assert (await http.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"a": 1} more', "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"a": "\\u0000"}', "application/json", 400),
        (b"[" * 30_000, "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"{}" + b" " * 70_000, "application/json", 413),
    ],
)
async def test_a_body_that_is_none_is_refused_and_never_breaks(
    content: bytes, content_type: str, status: int, scene: Scene, wallet: WalletApp
) -> None:
    token = wallet.token(await scene.ready(await scene.place()))
    headers = {"Authorization": f"Bearer {token}", "Content-Type": content_type}

    response = await wallet.http.post("/t/umcs/credential", content=content, headers=headers)

    assert response.status_code == status
    assert response.json()["error"] == "invalid_credential_request"


async def test_who_is_refused_too_often_has_to_wait(
    web: FastAPI, parts: Parts, scene: Scene, wallet: WalletApp
) -> None:
    web.state.parts = replace(parts, refused=RefusedRequests(per_minute=3))
    token = wallet.token(await scene.ready(await scene.place()))

    refused = [await wallet.ask(token, Phone(), claims={"aud": "x"}) for _ in range(4)]

    assert [each.status_code for each in refused] == [400, 400, 400, 429]
    assert int(refused[-1].headers["retry-after"]) > 0


async def test_one_token_serves_so_many_requests_a_minute_and_others_are_not_in_its_way(
    web: FastAPI, parts: Parts, scene: Scene, wallet: WalletApp
) -> None:
    web.state.parts = replace(parts, good=FixedWindow(2), refused=RefusedRequests(per_minute=1))
    phone = Phone()
    token, other = [wallet.token(await scene.ready(await scene.place())) for _ in range(2)]

    answers = [await wallet.ask(token, phone) for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 200, 429, 429]
    assert answers[-1].headers["retry-after"] == "60"
    assert (await wallet.ask(other, phone)).status_code == 200


async def test_good_requests_are_not_counted(
    web: FastAPI, parts: Parts, scene: Scene, wallet: WalletApp
) -> None:
    web.state.parts = replace(parts, refused=RefusedRequests(per_minute=1))

    answers = [await wallet.activate(await scene.place()) for _ in range(3)]

    assert {each.status_code for each in answers} == {200}
