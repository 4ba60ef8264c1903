"""Cards that go encrypted inside TLS: asked for and given as the two sides want it, at both endpoints."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from joserfc import jwe
from joserfc.jwk import ECKey

from issuer.encryption import Encryption
from issuer.parts import Parts
from servicekit.limits import RefusedRequests
from tests.component.issuer.cards import open_card
from tests.component.issuer.peers import Peers
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import ISSUER, Order, Scene, WalletApp

JWT = "application/jwt"
_REGISTRY = jwe.JWERegistry(algorithms=["ECDH-ES", "A128GCM", "A256GCM", "DEF"])


class SecretWallet:
    """A wallet that takes the issuer's key from its metadata, and has a key of its own for each answer."""

    def __init__(self, wallet: WalletApp) -> None:
        self._wallet = wallet
        self.phone = Phone()
        self.key = ECKey.generate_key("P-256")

    def wish(self, **changes: Any) -> dict[str, Any]:
        jwk = {**self.key.as_dict(private=False), "alg": "ECDH-ES", "use": "enc", "kid": "w-1"}
        return {"jwk": jwk, "enc": "A256GCM", "zip": "DEF", **changes}

    async def request(self, **members: Any) -> dict[str, Any]:
        proof = self.phone.proof(
            audience=f"{ISSUER}/t/umcs", nonce=await self._wallet.nonce(), now=self._wallet.scene.clock.now
        )
        configuration = "legitymacja_studencka_sd_jwt"
        return {"credential_configuration_id": configuration, "proofs": {"jwt": [proof]}, **members}

    async def offered(self) -> dict[str, Any]:
        response = await self._wallet.http.get("/.well-known/openid-credential-issuer/t/umcs")
        metadata: dict[str, Any] = response.json()
        return metadata

    async def encrypted(self, request: Mapping[str, Any], **header: Any) -> str:
        [jwk] = (await self.offered())["credential_request_encryption"]["jwks"]["keys"]
        full = {"alg": jwk["alg"], "enc": "A128GCM", "zip": "DEF", "kid": jwk["kid"], **header}
        return jwe.encrypt_compact(full, json.dumps(request), ECKey.import_key(jwk), registry=_REGISTRY)

    async def send(self, token: str, content: str, endpoint: str = "credential") -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": JWT}
        return await self._wallet.http.post(f"/t/umcs/{endpoint}", content=content, headers=headers)

    def opened(self, response: httpx.Response) -> httpx.Response:
        """The answer as it would be in the clear."""
        assert response.headers["content-type"] == JWT
        message = jwe.decrypt_compact(response.text, self.key, registry=_REGISTRY)
        return httpx.Response(response.status_code, content=message.plaintext)


def error_of(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/json"
    return response.status_code, response.json()["error"]


@pytest.fixture
def secret(wallet: WalletApp) -> SecretWallet:
    return SecretWallet(wallet)


@pytest.fixture
async def order(scene: Scene) -> Order:
    return await scene.place()


@pytest.fixture
async def token(wallet: WalletApp, scene: Scene, order: Order) -> str:
    return wallet.token(await scene.ready(order))


@pytest.fixture
def required(web: FastAPI, parts: Parts) -> None:
    web.state.parts = replace(parts, encryption=Encryption(parts.encryption.keys, required=True))


async def test_a_card_is_asked_for_and_given_encrypted(secret: SecretWallet, token: str) -> None:
    request = await secret.request(credential_response_encryption=secret.wish())

    response = await secret.send(token, await secret.encrypted(request))

    assert (response.status_code, response.headers["cache-control"]) == (200, "no-store")
    assert response.headers["dpop-nonce"]
    card = open_card(secret.opened(response))
    assert card.claims["cnf"] == {"jwk": secret.phone.jwk}
    assert secret.opened(response).json().keys() == {"credentials", "notification_id"}


async def test_an_encrypted_request_without_a_key_is_answered_in_the_clear(
    secret: SecretWallet, token: str
) -> None:
    response = await secret.send(token, await secret.encrypted(await secret.request()))

    assert open_card(response).claims["cnf"] == {"jwk": secret.phone.jwk}


async def test_a_key_for_the_answer_that_could_have_been_exchanged_is_refused(
    secret: SecretWallet, wallet: WalletApp, token: str, scene: Scene, order: Order
) -> None:
    request = await secret.request(credential_response_encryption=secret.wish())

    assert error_of(await wallet.send(token, request)) == (400, "invalid_encryption_parameters")
    assert await scene.state(order) == "offered"


@pytest.mark.parametrize("wrong", [{"enc": "A128CBC-HS256"}, {"zip": "BR"}, {"jwk": {}}])
async def test_a_refusal_is_never_encrypted_and_costs_nothing(
    wrong: dict[str, Any], secret: SecretWallet, token: str, scene: Scene, order: Order
) -> None:
    request = await secret.request(credential_response_encryption=secret.wish(**wrong))

    response = await secret.send(token, await secret.encrypted(request))

    assert error_of(response) == (400, "invalid_encryption_parameters")
    assert await scene.state(order) == "offered"
    assert open_card(await secret.send(token, await secret.encrypted(await secret.request())))


async def test_a_request_for_another_key_is_refused(secret: SecretWallet, token: str) -> None:
    content = await secret.encrypted(await secret.request(), kid="another")

    assert error_of(await secret.send(token, content)) == (400, "invalid_encryption_parameters")


@pytest.mark.parametrize("content", ["", "{}", "e30.e30.e30", "a.b.c.d.e"])
async def test_what_is_no_encrypted_request_is_refused(
    content: str, secret: SecretWallet, token: str
) -> None:
    status, error = error_of(await secret.send(token, content))

    assert (status, error) in [(400, "invalid_credential_request"), (400, "invalid_encryption_parameters")]


async def test_text_that_no_database_keeps_is_refused_in_whatever_it_comes(
    secret: SecretWallet, token: str
) -> None:
    content = await secret.encrypted(await secret.request(unknown="\0"))

    assert error_of(await secret.send(token, content)) == (400, "invalid_credential_request")


async def test_nothing_is_opened_for_who_has_no_token(secret: SecretWallet) -> None:
    response = await secret.send("none", "a.b.c.d.e")

    assert error_of(response) == (401, "invalid_token")


async def test_a_card_that_is_late_is_promised_and_given_encrypted(
    secret: SecretWallet, token: str, peers: Peers, scene: Scene
) -> None:
    peers.ordering_is_away = True
    request = await secret.request(credential_response_encryption=secret.wish())
    promise = await secret.send(token, await secret.encrypted(request))
    promised = secret.opened(promise).json()
    assert promise.status_code == 202

    peers.ordering_is_away = False
    scene.clock.pass_by(timedelta(seconds=promised["interval"]))
    secret.key = ECKey.generate_key("P-256")
    asked = {
        "transaction_id": promised["transaction_id"],
        "credential_response_encryption": secret.wish(),
    }
    response = await secret.send(token, await secret.encrypted(asked), "deferred_credential")

    assert open_card(secret.opened(response)).claims["cnf"] == {"jwk": secret.phone.jwk}


async def test_a_late_card_is_given_in_the_clear_to_who_then_names_no_key(
    secret: SecretWallet, token: str, peers: Peers, scene: Scene
) -> None:
    peers.ordering_is_away = True
    request = await secret.request(credential_response_encryption=secret.wish())
    promised = secret.opened(await secret.send(token, await secret.encrypted(request))).json()

    peers.ordering_is_away = False
    scene.clock.pass_by(timedelta(seconds=promised["interval"]))
    asked = {"transaction_id": promised["transaction_id"]}
    response = await secret.send(token, await secret.encrypted(asked), "deferred_credential")

    assert open_card(response).claims["cnf"] == {"jwk": secret.phone.jwk}


@pytest.mark.usefixtures("required")
async def test_where_encryption_is_required_nothing_goes_in_the_clear(
    secret: SecretWallet, wallet: WalletApp, token: str, scene: Scene, order: Order
) -> None:
    plain = await wallet.send(token, await secret.request())
    without_key = await secret.send(token, await secret.encrypted(await secret.request()))
    headers = {"Authorization": f"Bearer {token}"}
    later = await wallet.http.post(
        "/t/umcs/deferred_credential", json={"transaction_id": "x"}, headers=headers
    )

    for response in (plain, without_key, later):
        assert error_of(response) == (400, "invalid_encryption_parameters")
    assert await scene.state(order) == "offered"

    request = await secret.request(credential_response_encryption=secret.wish())
    assert (await secret.send(token, await secret.encrypted(request))).status_code == 200


@pytest.mark.parametrize("fixture", [None, "required"])
async def test_metadata_say_how_to_encrypt_and_whether_one_must(
    fixture: str | None, secret: SecretWallet, request: pytest.FixtureRequest
) -> None:
    if fixture:
        request.getfixturevalue(fixture)

    offered = await secret.offered()

    for direction in ("credential_request_encryption", "credential_response_encryption"):
        assert offered[direction]["enc_values_supported"] == ["A128GCM", "A256GCM"]
        assert offered[direction]["zip_values_supported"] == ["DEF"]
        assert offered[direction]["encryption_required"] is (fixture is not None)
    [jwk] = offered["credential_request_encryption"]["jwks"]["keys"]
    assert (jwk["alg"], jwk["use"]) == ("ECDH-ES", "enc")
    assert jwk["kid"]
    assert "d" not in jwk
    assert offered["credential_response_encryption"]["alg_values_supported"] == ["ECDH-ES"]


async def test_requests_that_cannot_be_opened_count_as_refused(
    secret: SecretWallet, token: str, web: FastAPI, parts: Parts
) -> None:
    web.state.parts = replace(parts, refused=RefusedRequests(3))

    answers = [(await secret.send(token, "a.b.c.d.e")).status_code for _ in range(4)]

    assert answers == [400, 400, 400, 429]


@pytest.mark.parametrize("endpoint", ["credential", "deferred_credential"])
async def test_the_api_document_names_both_forms(endpoint: str, wallet: WalletApp) -> None:
    paths = (await wallet.http.get("/openapi.json")).json()["paths"]

    operation = paths[f"/t/{{institution_id}}/{endpoint}"]["post"]

    both = {"application/json", JWT}
    assert operation["requestBody"]["content"].keys() == both
    assert operation["responses"]["200"]["content"].keys() == both
    assert operation["responses"]["202"]["content"].keys() == both
