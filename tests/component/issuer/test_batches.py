"""Instances of one card for several keys of a wallet: what they share, how they live and die together."""

import asyncio
import json
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from contracts.issuer import CardIssued
from contracts.ordering import CardChangeRequested, OrderErased
from issuer.commands import export
from issuer.settings import IssuerSettings
from issuer.use_cases import _make_card
from tests.component.issuer.batches import BatchWallet, error_of, key_of, place_of
from tests.component.issuer.cards import open_cards
from tests.component.issuer.peers import Peers
from tests.component.issuer.scene import PHOTO, Order, Scene, holder_data
from tests.component.issuer.test_encryption import SecretWallet


@pytest.fixture
async def order(scene: Scene) -> Order:
    return await scene.place()


async def statuses(scene: Scene, order: Order) -> list[int]:
    rows = await scene.works.pool.fetch(
        "select status from status_entries where order_id = $1", order.order_id
    )
    return [row["status"] for row in rows]


@pytest.mark.parametrize(
    "way", [BatchWallet.one_proof, BatchWallet.a_proof_each, BatchWallet.attestation_alone]
)
async def test_keys_of_one_wallet_get_an_instance_each(
    way: Any, scene: Scene, batch: BatchWallet, order: Order
) -> None:
    cards = open_cards(await batch.send(await batch.token(order), await way(batch)))

    assert [key_of(card) for card in cards] == [key.jwk["x"] for key in batch.keys]
    [issued] = await scene.told(order, CardIssued)
    assert (issued.holder_jwk, issued.holder_jkt) == (batch.keys[0].jwk, batch.keys[0].jkt)


async def test_instances_share_data_times_and_list_and_nothing_that_links_them(
    batch: BatchWallet, order: Order
) -> None:
    cards = open_cards(await batch.get(order))

    places = [place_of(card) for card in cards]
    assert len({uri for uri, _ in places}) == 1
    assert len({index for _, index in places}) == 3
    digests = [digest for card in cards for digest in card.claims["_sd"]]
    assert len(set(digests)) == len(digests)
    assert all(card.disclosed == cards[0].disclosed for card in cards)
    own = {"cnf", "status", "_sd"}
    shared = [{name: value for name, value in card.claims.items() if name not in own} for card in cards]
    assert shared == [shared[0]] * 3


async def test_the_same_keys_get_the_same_instances_again_whatever_their_order(
    scene: Scene, batch: BatchWallet, order: Order
) -> None:
    first = open_cards(await batch.get(order))
    batch.keys.reverse()

    again = open_cards(await batch.get(order))

    assert {key_of(card): place_of(card) for card in again} == {
        key_of(card): place_of(card) for card in first
    }
    assert not {digest for card in again for digest in card.claims["_sd"]} & set(first[0].claims["_sd"])
    assert len(await scene.told(order, CardIssued)) == 1


async def test_one_of_the_keys_may_ask_alone_and_gets_its_own(batch: BatchWallet, order: Order) -> None:
    cards = open_cards(await batch.get(order))

    [again] = open_cards(await batch.wallet.ask(await batch.token(order), batch.keys[2]))

    assert (key_of(again), place_of(again)) == (key_of(cards[2]), place_of(cards[2]))


async def test_no_key_is_added_to_a_card(scene: Scene, batch: BatchWallet, order: Order) -> None:
    await batch.get(order)
    later = BatchWallet(batch.wallet)
    assert error_of(await later.get(order)) == (400, "credential_request_denied")

    later.keys[0] = batch.keys[1]
    cards = open_cards(await later.get(order))

    assert [key_of(card) for card in cards] == [batch.keys[1].jwk["x"]]
    assert len(await statuses(scene, order)) == 3


async def test_who_began_with_one_key_stays_with_it(batch: BatchWallet, order: Order) -> None:
    await batch.wallet.ask(await batch.token(order), batch.keys[0])

    cards = open_cards(await batch.get(order))

    assert [key_of(card) for card in cards] == [batch.keys[0].jwk["x"]]


async def test_instances_live_and_die_together(scene: Scene, batch: BatchWallet, order: Order) -> None:
    await batch.get(order)

    for change, status in [("suspend", 2), ("reinstate", 0), ("revoke", 1)]:
        await scene.hear(scene.change(order, change))
        assert await statuses(scene, order) == [status] * 3


async def test_all_instances_of_a_replaced_card_are_invalid(
    scene: Scene, batch: BatchWallet, order: Order
) -> None:
    await batch.get(order)
    named = (await scene.ready(order)).credential_id

    await batch.wallet.activate(await scene.place(Order(student_ref=order.student_ref, replaces=named)))

    assert await statuses(scene, order) == [1, 1, 1]


async def test_a_held_student_gets_suspended_instances(scene: Scene, batch: BatchWallet) -> None:
    order = await scene.place(office_hold=True, hold_version=1)

    await batch.get(order)

    assert await statuses(scene, order) == [2, 2, 2]


async def test_an_erasure_leaves_no_key_and_invalid_instances(
    scene: Scene, batch: BatchWallet, order: Order
) -> None:
    await batch.get(order)

    await scene.hear(scene.about(order, OrderErased))

    everything = await scene.dump()
    assert not [key for key in batch.keys if key.jkt in everything or key.jwk["x"] in everything]
    assert await statuses(scene, order) == [1, 1, 1]


async def test_new_data_of_the_person_reach_every_instance(
    scene: Scene, batch: BatchWallet, order: Order, peers: Peers
) -> None:
    await batch.get(order)
    peers.photo = PHOTO + b" of another day"
    data = holder_data(family_name="Nowa", photo_sha256=sha256(peers.photo).hexdigest())
    sealed = scene.sealed(order, CardChangeRequested, data)
    await scene.hear(scene.change(order, "update", "system", holder_sealed=sealed))

    [card] = open_cards(await batch.wallet.ask(await batch.token(order), batch.keys[1]))

    assert card.disclosed["family_name"] == "Nowa"


async def test_of_many_batches_at_once_one_gets_the_card(
    scene: Scene, batch: BatchWallet, order: Order
) -> None:
    batches = [BatchWallet(batch.wallet) for _ in range(30)]
    token = await batch.token(order)
    asked = [await batch.attestation_alone() for batch in batches]

    answers = await asyncio.gather(
        *(batch.send(token, proofs) for batch, proofs in zip(batches, asked, strict=True))
    )

    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 29}
    assert len(await scene.told(order, CardIssued)) == 1
    assert len(await statuses(scene, order)) == 3


async def test_a_batch_whose_photo_is_late_is_given_later_to_the_same_keys(
    scene: Scene, batch: BatchWallet, order: Order, peers: Peers
) -> None:
    peers.ordering_is_away = True
    token = await batch.token(order)
    promise = (await batch.send(token, await batch.a_proof_each())).json()
    peers.ordering_is_away = False
    scene.clock.pass_by(timedelta(seconds=promise["interval"]))

    headers = {"Authorization": f"Bearer {token}"}
    given = await batch.wallet.http.post("/t/umcs/deferred_credential", json=promise, headers=headers)

    assert [key_of(card) for card in open_cards(given)] == [key.jwk["x"] for key in batch.keys]
    assert (await scene.told(order, CardIssued))[0].holder_jkt == batch.keys[0].jkt


async def test_a_batch_is_given_encrypted(batch: BatchWallet, order: Order) -> None:
    secret = SecretWallet(batch.wallet)
    request = await secret.request(
        proofs=await batch.a_proof_each(), credential_response_encryption=secret.wish()
    )

    answer = await secret.send(await batch.token(order), await secret.encrypted(request))

    assert len(open_cards(secret.opened(answer))) == 3


async def test_where_the_list_has_no_place_left_fewer_instances_are_given(
    scene: Scene, batch: BatchWallet, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = await scene.works.pool.fetchval(
        "select idx from status_entries where order_id = $1", order.order_id
    )
    monkeypatch.setattr(_make_card, "draw_indices", lambda count, _size: [taken] * count)

    for _ in range(2):
        cards = open_cards(await batch.get(order))
        assert [key_of(card) for card in cards] == [batch.keys[0].jwk["x"]]


async def test_an_export_tells_every_key_and_place(
    scene: Scene,
    batch: BatchWallet,
    order: Order,
    settings: IssuerSettings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cards = open_cards(await batch.get(order))
    capsys.readouterr()

    await export(settings, "umcs", order.student_ref)

    [told] = json.loads(capsys.readouterr().out)["cards"]
    places = [told["status_index"], *(each["status_index"] for each in told["further_instances"])]
    assert places == [place_of(card)[1] for card in cards]
    assert [each["holder_jkt"] for each in told["further_instances"]] == [key.jkt for key in batch.keys[1:]]
