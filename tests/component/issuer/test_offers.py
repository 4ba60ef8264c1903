"""From an order to an offer, and to the next offer of the same order."""

from datetime import timedelta

import pytest

from contracts.catalogue import type_of
from contracts.issuer import CredentialReady, CredentialRejected, OfferWithdrawn
from contracts.ordering import ActivationCodeRequested, OrderCancelled, OrderExpired
from issuer.commands import withdraw
from issuer.settings import IssuerSettings
from issuer.use_cases.open_status_lists import open_status_lists
from issuer.workshop import UnknownInstitution
from servicekit.keys import Keys
from servicekit.offers import activation_code_matches, offer_is_authentic
from servicekit.sealing import CannotOpen, Sealer, SealingContext
from tests.component.issuer.peers import Peers
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import END_OF_SEMESTER, Order, Scene, WalletApp


def code_of(ready: CredentialReady, keys: Keys) -> str:
    context = SealingContext(
        type_of(CredentialReady), ready.institution_id, ready.order_id, "activation_code_sealed"
    )
    return Sealer(keys.ring("sealing/code")).open(ready.activation_code_sealed, context).decode()


async def test_an_order_becomes_an_offer(scene: Scene, keys: Keys) -> None:
    order = await scene.place()

    assert await scene.names(order) == ["CredentialReady"]
    ready = await scene.ready(order)
    assert ready.generation == 1
    assert ready.expires_at == scene.clock.now + timedelta(days=30)
    assert offer_is_authentic(keys.ring("shared/offer-mac"), ready.offer_id)


async def test_the_code_is_sealed_for_ordering_and_digested_for_the_wallet(scene: Scene, keys: Keys) -> None:
    ready = await scene.ready(await scene.place())

    code = code_of(ready, keys)

    assert len(code) == 8
    assert code.isdigit()
    assert activation_code_matches(
        keys.ring("shared/activation-check"),
        ready.activation_code_digest,
        ready.digest_key_id,
        ready.offer_id,
        1,
        code,
    )


async def test_neither_code_nor_person_stands_in_the_clear(scene: Scene, keys: Keys) -> None:
    order = await scene.place(given_names="Wyjątkowa", pesel="99123112345")
    code = code_of(await scene.ready(order), keys)

    everything = await scene.dump()

    assert str(order.order_id) in everything
    assert not [secret for secret in ("Wyjątkowa", "99123112345", code) if secret in everything]


async def test_an_order_that_is_told_again_changes_and_tells_nothing(scene: Scene) -> None:
    order = Order()
    placed = scene.placed(order)
    await scene.hear(placed)
    first = await scene.ready(order)

    await scene.hear(placed)

    assert await scene.told(order, CredentialReady) == [first]


async def test_a_thousand_orders_have_a_thousand_offers(lone_scene: Scene) -> None:
    scene = lone_scene
    orders = [Order(institution_id="umcs" if place % 2 else "pwr") for place in range(1000)]

    await scene.hear(*(scene.placed(order) for order in orders))

    rows = await scene.works.pool.fetch(
        """
        select c.credential_id, l.institution_id = c.institution_id as own, l.number, e.idx
        from credentials c join status_entries e using (order_id) join status_lists l using (list_id)
        """
    )
    assert len({row["credential_id"] for row in rows}) == len(rows) == 1000
    assert len({(row["own"], row["number"], row["idx"]) for row in rows}) <= 1000
    assert all(row["own"] for row in rows)


async def test_indices_cannot_be_guessed_from_the_order_of_orders(scene: Scene) -> None:
    orders = [await scene.place() for _ in range(40)]

    indices = [
        await scene.works.pool.fetchval("select idx from status_entries where order_id = $1", order.order_id)
        for order in orders
    ]

    assert indices != sorted(indices)
    assert len(set(indices)) == 40


async def test_a_half_full_list_is_closed_and_new_cards_go_into_another(lone_scene: Scene) -> None:
    scene = lone_scene
    await scene.hear(*(scene.placed(Order()) for _ in range(2048)))

    async with scene.works.begin() as work:
        await open_status_lists(work, ["pwr", "umcs"], 4096)
    order = await scene.place()

    number = await scene.works.pool.fetchval(
        "select number from status_entries join status_lists using (list_id) where order_id = $1",
        order.order_id,
    )
    assert number == 2


async def test_holder_data_for_another_order_are_not_taken(scene: Scene) -> None:
    order, other = Order(), Order()
    swapped = scene.placed(order).model_copy(update={"holder_sealed": scene.placed(other).holder_sealed})

    with pytest.raises(CannotOpen):
        await scene.hear(swapped)

    assert await scene.names(order) == []


async def test_an_unknown_institution_waits_for_its_file(scene: Scene) -> None:
    with pytest.raises(UnknownInstitution):
        await scene.place(Order(institution_id="nowhere"))


async def test_no_card_is_made_of_a_validity_that_has_ended(scene: Scene) -> None:
    order = await scene.place(valid_until="2026-10-31T22:59:59Z")

    [rejected] = await scene.told(order, CredentialRejected)
    assert rejected.reasons == ("validity_ended",)
    assert await scene.names(order) == ["CredentialRejected"]


async def test_an_offer_ends_no_later_than_its_card_would(scene: Scene) -> None:
    scene.clock.now = END_OF_SEMESTER - timedelta(days=2)

    ready = await scene.ready(await scene.place())

    assert ready.expires_at == END_OF_SEMESTER


async def test_a_new_code_is_a_new_offer_of_the_same_card(scene: Scene, keys: Keys) -> None:
    order = await scene.place()
    await scene.hear(scene.about(order, ActivationCodeRequested, generation=2))

    first, second = await scene.told(order, CredentialReady)

    assert (second.generation, second.credential_id) == (2, first.credential_id)
    assert second.offer_id != first.offer_id
    assert second.activation_code_digest != first.activation_code_digest


async def test_the_same_generation_asked_for_again_tells_nothing(scene: Scene) -> None:
    order = await scene.place()
    for _ in range(2):
        await scene.hear(scene.about(order, ActivationCodeRequested, generation=2))

    assert await scene.names(order) == ["CredentialReady"] * 2


async def test_no_code_is_made_for_a_card_that_is_there(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    await wallet.activate(order)

    await scene.hear(scene.about(order, ActivationCodeRequested, generation=2))

    assert await scene.names(order) == ["CredentialReady", "CardIssued"]


async def test_a_token_of_the_older_generation_gets_no_card(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))
    await scene.hear(scene.about(order, ActivationCodeRequested, generation=2))

    response = await wallet.ask(token, Phone())

    assert response.status_code == 401
    assert (await wallet.activate(order)).status_code == 200


async def test_a_cancelled_order_withdraws_its_offer(scene: Scene, wallet: WalletApp, peers: Peers) -> None:
    order = await scene.place()

    await scene.hear(scene.about(order, OrderCancelled, reason="student"))

    [withdrawn] = await scene.told(order, OfferWithdrawn)
    assert (withdrawn.generation, withdrawn.reason) == (1, "order_cancelled")
    response = await wallet.activate(order)
    assert (response.status_code, response.json()["error"]) == (400, "credential_request_denied")
    assert peers.photos_asked() == []


async def test_a_cancellation_that_came_ahead_says_nothing_in_its_turn(scene: Scene) -> None:
    order = await scene.place()
    cancelled = scene.about(order, OrderCancelled, reason="ineligible")

    await scene.hear(cancelled, ahead=True, number=7)
    await scene.hear(scene.about(order, ActivationCodeRequested, generation=2))
    await scene.hear(cancelled, number=7)

    assert await scene.names(order) == ["CredentialReady", "OfferWithdrawn"]


async def test_a_cancellation_before_its_order_waits_for_its_turn(scene: Scene) -> None:
    order = Order()
    cancelled = scene.about(order, OrderCancelled, reason="student")

    await scene.hear(cancelled, ahead=True, number=2)
    await scene.place(order)
    await scene.hear(cancelled, number=2)

    assert await scene.state(order) == "withdrawn"


async def test_an_expired_order_withdraws_its_offer_but_no_card(scene: Scene, wallet: WalletApp) -> None:
    offer, card = await scene.place(), await scene.place()
    await wallet.activate(card)

    await scene.hear(scene.about(offer, OrderExpired), scene.about(card, OrderExpired))

    assert await scene.state(offer) == "withdrawn"
    assert await scene.state(card) == "active"


async def test_an_operator_ends_an_order_that_ordering_has_forgotten(
    scene: Scene, settings: IssuerSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    order = await scene.place()

    await withdraw(settings, order.order_id)
    await withdraw(settings, order.order_id)

    assert await scene.names(order) == ["CredentialReady", "OfferWithdrawn"]
    assert capsys.readouterr().out.splitlines() == [
        "ended: its offer, or the card made of it",
        "nothing of this order stands here",
    ]
