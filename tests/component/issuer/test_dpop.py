"""Tokens that are bound to a key: taken with a proof of it, and in no other way (RFC 9449, 7 to 9)."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from contracts.issuer import CredentialReady
from issuer.access import AccessTokens
from issuer.parts import Parts
from servicekit.limits import RefusedRequests
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import ISSUER, Order, Scene, WalletApp
from tests.dpop import DpopClient

CARD = f"{ISSUER}/t/umcs/credential"


class BoundWallet(DpopClient):
    """A wallet whose token is bound to its DPoP key, and which takes its nonce from the nonce endpoint."""

    def __init__(self, wallet: WalletApp) -> None:
        super().__init__()
        self._wallet = wallet
        self.phone = Phone()
        self.nonce: str | None = None

    def token(self, ready: CredentialReady) -> str:
        return self._wallet.token(ready, cnf={"jkt": self.jkt})

    async def body(self) -> dict[str, Any]:
        response = await self._wallet.http.post("/t/umcs/nonce")
        self.nonce = response.headers["dpop-nonce"]
        proof = self.phone.proof(
            audience=f"{ISSUER}/t/umcs", nonce=response.json()["c_nonce"], now=self._wallet.scene.clock.now
        )
        configuration = "legitymacja_studencka_sd_jwt"
        return {"credential_configuration_id": configuration, "proofs": {"jwt": [proof]}}

    def made(self, token: str, url: str = CARD, **wrong: Any) -> str:
        given = {"nonce": self.nonce, "access_token": token, **wrong}
        return self.proof(url, self._wallet.scene.clock.now, **given)

    async def ask(self, token: str, proof: str | None = None, scheme: str = "DPoP") -> httpx.Response:
        """Asks for the card as a good wallet would, but for a proof or scheme that the test gives."""
        body = await self.body()
        return await self.send("credential", body, token, proof or self.made(token), scheme)

    async def send(
        self, endpoint: str, body: Mapping[str, Any], token: str, proof: str, scheme: str = "DPoP"
    ) -> httpx.Response:
        headers = {"Authorization": f"{scheme} {token}", "DPoP": proof}
        return await self._wallet.http.post(f"/t/umcs/{endpoint}", json=body, headers=headers)


def error_of(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


@pytest.fixture
def client(wallet: WalletApp) -> BoundWallet:
    return BoundWallet(wallet)


@pytest.fixture
async def order(scene: Scene) -> Order:
    return await scene.place()


@pytest.fixture
async def token(client: BoundWallet, scene: Scene, order: Order) -> str:
    return client.token(await scene.ready(order))


async def test_a_bound_token_with_its_proof_gets_the_card(client: BoundWallet, token: str) -> None:
    response = await client.ask(token)

    assert response.status_code == 200
    assert response.headers["dpop-nonce"]


async def test_one_token_serves_several_requests_with_fresh_proofs(client: BoundWallet, token: str) -> None:
    assert [(await client.ask(token)).status_code for _ in range(3)] == [200] * 3


async def test_a_bound_token_sent_as_bearer_is_refused(
    client: BoundWallet, scene: Scene, order: Order, token: str
) -> None:
    response = await client.ask(token, scheme="Bearer")

    assert error_of(response) == (401, "invalid_token")
    assert 'DPoP algs="ES256", error="invalid_token"' in response.headers["www-authenticate"]
    assert await scene.state(order) == "offered"


async def test_a_proof_of_another_key_is_refused(
    client: BoundWallet, wallet: WalletApp, scene: Scene, order: Order, token: str
) -> None:
    thief = BoundWallet(wallet)

    response = await thief.ask(token)

    assert error_of(response) == (401, "invalid_token")
    assert await scene.state(order) == "offered"


async def test_a_token_that_is_bound_to_no_key_does_not_count_as_dpop(
    client: BoundWallet, wallet: WalletApp, scene: Scene, order: Order
) -> None:
    response = await client.ask(wallet.token(await scene.ready(order)))

    assert error_of(response) == (401, "invalid_token")


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": f"{ISSUER}/t/umcs/notification"},
        {"url": f"{ISSUER}/t/pwr/credential"},
        {"url": "http://issuer.test/t/umcs/credential"},
        {"method": "GET"},
        {"access_token": None},
        {"access_token": "another token"},
        {"header": {"typ": "openid4vci-proof+jwt"}},
    ],
)
async def test_a_proof_for_something_else_is_refused(
    wrong: dict[str, Any], client: BoundWallet, scene: Scene, order: Order, token: str
) -> None:
    await client.body()

    response = await client.ask(token, client.made(token, **wrong))

    assert error_of(response) == (401, "invalid_dpop_proof")
    assert 'error="invalid_dpop_proof"' in response.headers["www-authenticate"]
    assert await scene.state(order) == "offered"


async def test_a_bound_token_without_a_proof_is_refused(
    client: BoundWallet, wallet: WalletApp, token: str
) -> None:
    response = await wallet.http.post(
        "/t/umcs/credential", json=await client.body(), headers={"Authorization": f"DPoP {token}"}
    )

    assert error_of(response) == (401, "invalid_dpop_proof")


async def test_a_proof_without_a_nonce_is_told_one(client: BoundWallet, token: str) -> None:
    response = await client.ask(token, client.made(token, nonce=None))

    assert error_of(response) == (401, "use_dpop_nonce")
    assert 'error="use_dpop_nonce"' in response.headers["www-authenticate"]
    proof = client.made(token, nonce=response.headers["dpop-nonce"])
    assert (await client.ask(token, proof)).status_code == 200


async def test_who_has_no_nonce_yet_is_not_counted_among_the_refused(
    client: BoundWallet, web: FastAPI, parts: Parts, token: str
) -> None:
    web.state.parts = replace(parts, refused=RefusedRequests(3))

    first = [await client.ask(token, client.made(token, nonce=None)) for _ in range(5)]

    assert {error_of(response) for response in first} == {(401, "use_dpop_nonce")}
    assert (await client.ask(token)).status_code == 200


async def test_a_replayed_proof_is_refused(client: BoundWallet, token: str) -> None:
    await client.body()
    proof = client.made(token)

    first, again = await client.ask(token, proof), await client.ask(token, proof)

    assert first.status_code == 200
    assert error_of(again) == (401, "invalid_dpop_proof")


async def test_of_many_requests_with_one_proof_one_is_served(client: BoundWallet, token: str) -> None:
    bodies = [await client.body() for _ in range(20)]
    proof = client.made(token)

    sent = await asyncio.gather(*(client.send("credential", body, token, proof) for body in bodies))

    assert Counter(response.status_code for response in sent) == {200: 1, 401: 19}


async def test_a_refused_request_uses_up_no_proof(client: BoundWallet, token: str) -> None:
    body = await client.body()
    proof = client.made(token)

    refused = await client.send("credential", {**body, "proofs": {"jwt": ["no.key.proof"]}}, token, proof)
    served = await client.send("credential", body, token, proof)

    assert error_of(refused) == (400, "invalid_proof")
    assert served.status_code == 200


async def test_a_notification_takes_a_proof_for_its_own_address_once(client: BoundWallet, token: str) -> None:
    notification_id = (await client.ask(token)).json()["notification_id"]
    report = {"notification_id": notification_id, "event": "credential_accepted"}
    proof = client.made(token, f"{ISSUER}/t/umcs/notification")

    sent = [
        await client.send("notification", report, token, each)
        for each in (client.made(token), proof, proof, client.made(token, f"{ISSUER}/t/umcs/notification"))
    ]

    assert [response.status_code for response in sent] == [401, 204, 401, 204]


async def test_where_proofs_are_required_a_plain_token_is_refused(
    client: BoundWallet, wallet: WalletApp, web: FastAPI, parts: Parts, scene: Scene, order: Order, token: str
) -> None:
    rules = replace(parts.dpop, required=True)
    strict = AccessTokens(parts.access.keys, parts.access.issuer, rules)
    web.state.parts = replace(parts, dpop=rules, access=strict)

    plain = await wallet.ask(wallet.token(await scene.ready(order)), client.phone)

    assert error_of(plain) == (401, "invalid_token")
    assert (await client.ask(token)).status_code == 200
