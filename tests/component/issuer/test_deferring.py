"""A card whose photo cannot be had yet: who may fetch it later, for how long, and what ends that right."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from contracts.issuer import CardIssued
from contracts.ordering import ActivationCodeRequested, OrderCancelled, OrderErased
from tests.component.issuer.cards import open_card
from tests.component.issuer.peers import Peers
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import PHOTO, Order, Scene, WalletApp
from tests.component.issuer.test_dpop import BoundWallet

INTERVAL = timedelta(seconds=5)


class Waiting:
    """A wallet that was told to come later."""

    def __init__(self, wallet: WalletApp, order: Order) -> None:
        self.wallet = wallet
        self.order = order
        self.phone = Phone()
        self.token = ""
        self.transaction_id = ""

    async def ask(self) -> httpx.Response:
        self.token = self.token or self.wallet.token(await self.wallet.scene.ready(self.order))
        return await self.wallet.ask(self.token, self.phone)

    async def begin(self) -> None:
        self.transaction_id = (await self.ask()).json()["transaction_id"]

    async def collect(self, transaction_id: str | None = None, token: str | None = None) -> httpx.Response:
        return await self.wallet.http.post(
            "/t/umcs/deferred_credential",
            json={"transaction_id": transaction_id or self.transaction_id},
            headers={"Authorization": f"Bearer {token or self.token}"},
        )


def error_of(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["error"]


@pytest.fixture
async def waiting(scene: Scene, wallet: WalletApp, peers: Peers) -> Waiting:
    """Ordering is away when a wallet asks for its card."""
    peers.ordering_is_away = True
    begun = Waiting(wallet, await scene.place())
    await begun.begin()
    return begun


async def test_without_the_photo_a_wallet_is_told_to_come_later(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    peers.ordering_is_away = True
    order = await scene.place()

    response = await wallet.activate(order)

    assert response.status_code == 202
    assert response.headers["cache-control"] == "no-store"
    assert response.json().keys() == {"transaction_id", "interval"}
    assert response.json()["interval"] == 5
    assert await scene.state(order) == "offered"
    assert await scene.told(order, CardIssued) == []


async def test_the_card_is_fetched_when_the_photo_can_be_had(
    waiting: Waiting, scene: Scene, peers: Peers
) -> None:
    peers.ordering_is_away = False
    scene.clock.pass_by(INTERVAL)

    response = await waiting.collect()

    assert response.json().keys() == {"credentials", "notification_id"}
    assert open_card(response).claims["cnf"] == {"jwk": waiting.phone.jwk}
    [issued] = await scene.told(waiting.order, CardIssued)
    assert issued.holder_jkt == waiting.phone.jkt


async def test_another_photo_than_the_students_is_not_taken(
    waiting: Waiting, scene: Scene, peers: Peers
) -> None:
    peers.ordering_is_away, peers.photo = False, b"\xff\xd8\xff somebody else"
    scene.clock.pass_by(INTERVAL)
    assert (await waiting.collect()).status_code == 202

    peers.photo = PHOTO
    scene.clock.pass_by(INTERVAL)
    assert (await waiting.collect()).status_code == 200


async def test_as_long_as_it_waits_it_keeps_its_transaction(waiting: Waiting, scene: Scene) -> None:
    scene.clock.pass_by(INTERVAL)

    response = await waiting.collect()

    assert response.status_code == 202
    assert response.json() == {"transaction_id": waiting.transaction_id, "interval": 5}


async def test_who_comes_too_early_is_told_how_long_it_still_is_and_nothing_is_tried(
    waiting: Waiting, scene: Scene, peers: Peers
) -> None:
    peers.ordering_is_away = False
    asked = len(peers.photos_asked())
    scene.clock.pass_by(timedelta(seconds=2))

    response = await waiting.collect()

    assert (response.status_code, response.json()["interval"]) == (202, 3)
    assert len(peers.photos_asked()) == asked


async def test_the_same_key_that_asks_anew_keeps_its_transaction(waiting: Waiting) -> None:
    assert (await waiting.ask()).json()["transaction_id"] == waiting.transaction_id


async def test_the_same_key_that_asks_anew_gets_the_card_once_it_can_be_had(
    waiting: Waiting, peers: Peers
) -> None:
    peers.ordering_is_away = False

    assert (await waiting.ask()).json().keys() == {"credentials", "notification_id"}
    assert error_of(await waiting.collect()) == (400, "invalid_transaction_id")


async def test_another_key_does_not_get_the_card_that_waits(
    waiting: Waiting, wallet: WalletApp, peers: Peers
) -> None:
    peers.ordering_is_away = False

    response = await wallet.ask(waiting.token, Phone())

    assert error_of(response) == (400, "credential_request_denied")


async def test_a_transaction_serves_once(waiting: Waiting, scene: Scene, peers: Peers) -> None:
    peers.ordering_is_away = False
    scene.clock.pass_by(INTERVAL)
    await waiting.collect()

    assert error_of(await waiting.collect()) == (400, "invalid_transaction_id")


async def test_a_transaction_of_somebody_else_or_of_nobody_is_unknown(
    waiting: Waiting, scene: Scene, wallet: WalletApp
) -> None:
    other = Waiting(wallet, await scene.place())
    await other.begin()

    assert error_of(await waiting.collect(other.transaction_id)) == (400, "invalid_transaction_id")
    assert error_of(await waiting.collect(str(uuid4()))) == (400, "invalid_transaction_id")
    assert error_of(await waiting.collect("ż")) == (400, "invalid_transaction_id")


async def test_the_token_counts_for_a_day_beyond_its_end_and_here_alone(
    waiting: Waiting, scene: Scene, peers: Peers
) -> None:
    peers.ordering_is_away = False
    scene.clock.pass_by(timedelta(hours=23, minutes=59))

    assert (await waiting.ask()).status_code == 401
    assert (await waiting.collect()).status_code == 200


async def test_after_a_day_nobody_waits_any_more_and_another_key_may_ask(
    waiting: Waiting, scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    peers.ordering_is_away = False
    scene.clock.pass_by(timedelta(hours=24, minutes=6))
    fresh = wallet.token(await scene.ready(waiting.order))

    assert (await waiting.collect()).status_code == 401
    assert error_of(await waiting.collect(token=fresh)) == (400, "invalid_transaction_id")
    assert (await wallet.ask(fresh, Phone())).status_code == 200


async def test_a_new_code_ends_what_waited_for_the_old_one(
    waiting: Waiting, scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    await scene.hear(scene.about(waiting.order, ActivationCodeRequested, generation=2))
    peers.ordering_is_away = False
    scene.clock.pass_by(INTERVAL)

    assert error_of(await waiting.collect()) == (400, "invalid_transaction_id")
    assert (await wallet.activate(waiting.order)).status_code == 200


async def test_a_cancelled_order_gives_no_card_later(waiting: Waiting, scene: Scene, peers: Peers) -> None:
    await scene.hear(scene.about(waiting.order, OrderCancelled, reason="student"))
    peers.ordering_is_away = False
    scene.clock.pass_by(INTERVAL)

    assert error_of(await waiting.collect()) == (400, "credential_request_denied")


async def test_an_erasure_leaves_nothing_of_the_phone_that_waits(waiting: Waiting, scene: Scene) -> None:
    assert waiting.phone.jkt in await scene.dump()

    await scene.hear(scene.about(waiting.order, OrderErased))

    assert waiting.phone.jkt not in await scene.dump()
    assert error_of(await waiting.collect()) == (400, "invalid_transaction_id")


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"transaction_id": 7}', b'{"transaction_id": null}'])
async def test_a_body_that_names_no_transaction_is_refused(waiting: Waiting, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {waiting.token}", "Content-Type": "application/json"}

    response = await waiting.wallet.http.post("/t/umcs/deferred_credential", content=body, headers=headers)

    assert error_of(response) == (400, "invalid_credential_request")


async def test_without_a_token_nothing_is_told(waiting: Waiting) -> None:
    response = await waiting.wallet.http.post(
        "/t/umcs/deferred_credential", json={"transaction_id": waiting.transaction_id}
    )

    assert response.status_code == 401


async def test_a_bound_token_needs_a_fresh_proof_for_each_time_it_asks(
    scene: Scene, wallet: WalletApp, peers: Peers
) -> None:
    peers.ordering_is_away = True
    bound = BoundWallet(wallet)
    token = bound.token(await scene.ready(await scene.place()))
    told = (await bound.ask(token)).json()
    await bound.body()  # a fresh nonce
    address = "http://localhost:8002/t/umcs/deferred_credential"
    proof = bound.made(token, address)

    first = await bound.send("deferred_credential", told, token, proof)
    again = await bound.send("deferred_credential", told, token, proof)
    other = await bound.send("deferred_credential", told, token, bound.made(token))
    plain = await bound.send("deferred_credential", told, token, bound.made(token, address), "Bearer")

    assert first.status_code == 202
    assert [each.status_code for each in (again, other, plain)] == [401, 401, 401]
