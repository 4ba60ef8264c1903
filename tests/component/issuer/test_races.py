"""Real concurrency on real rows: each of these ends in exactly one way, whoever comes first."""

import asyncio
from collections import Counter

import httpx
import pytest

from contracts.base import StreamEvent
from contracts.issuer import CardIssued, CardRevoked, CredentialReady, OfferWithdrawn
from contracts.ordering import ActivationCodeRequested, OrderCancelled
from tests.component.issuer.cards import open_card
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import Order, Scene, WalletApp

ROUNDS = 12


async def test_two_hundred_keys_with_one_token_make_one_card(scene: Scene, wallet: WalletApp) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))
    phones = [Phone() for _ in range(200)]

    responses = await asyncio.gather(*(wallet.ask(token, phone) for phone in phones))

    assert Counter(response.status_code for response in responses) == {200: 1, 400: 199}
    refusals = {response.json()["error"] for response in responses if response.status_code == 400}
    assert refusals == {"credential_request_denied"}
    [issued] = await scene.told(order, CardIssued)
    winner = next(phone for phone, each in zip(phones, responses, strict=True) if each.status_code == 200)
    assert issued.holder_jkt == winner.jkt


async def test_one_key_asking_many_times_at_once_gets_one_card(scene: Scene, wallet: WalletApp) -> None:
    order, phone = await scene.place(), Phone()
    token = wallet.token(await scene.ready(order))

    responses = await asyncio.gather(*(wallet.ask(token, phone) for _ in range(30)))

    indices = {open_card(each).claims["status"]["status_list"]["idx"] for each in responses}
    assert len(indices) == 1
    assert len(await scene.told(order, CardIssued)) == 1


async def test_one_nonce_used_many_times_at_once_serves_one_request(scene: Scene, wallet: WalletApp) -> None:
    order, phone, nonce = await scene.place(), Phone(), await wallet.nonce()
    token = wallet.token(await scene.ready(order))

    responses = await asyncio.gather(*(wallet.ask(token, phone, nonce=nonce) for _ in range(20)))

    assert Counter(response.status_code for response in responses) == {200: 1, 400: 19}


@pytest.mark.parametrize("attempt", range(ROUNDS))
async def test_a_cancellation_and_an_issue_at_once_end_in_no_standing_card(
    attempt: int, scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))

    response, _ = await asyncio.gather(
        wallet.ask(token, Phone()),
        _after(attempt, scene, scene.about(order, OrderCancelled, reason="student")),
    )

    told = [type(event) for event in (await scene.told(order, StreamEvent))[1:]]
    if response.status_code == 200:
        assert told == [CardIssued, CardRevoked]
        assert (await scene.state(order), await scene.status(order)) == ("revoked", 1)
    else:
        assert response.json()["error"] == "credential_request_denied"
        assert told == [OfferWithdrawn]


@pytest.mark.parametrize("attempt", range(ROUNDS))
async def test_a_new_code_and_an_issue_at_once_end_in_a_card_or_a_new_offer(
    attempt: int, scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))
    renewal = scene.about(order, ActivationCodeRequested, generation=2)

    response, _ = await asyncio.gather(wallet.ask(token, Phone()), _after(attempt, scene, renewal))

    told = [type(event) for event in (await scene.told(order, StreamEvent))[1:]]
    if response.status_code == 200:
        assert told == [CardIssued]
    else:
        assert response.status_code == 401
        assert told == [CredentialReady]


@pytest.mark.parametrize("attempt", range(ROUNDS))
async def test_a_hold_and_an_issue_at_once_end_in_a_suspended_card(
    attempt: int, scene: Scene, wallet: WalletApp
) -> None:
    order = await scene.place()
    token = wallet.token(await scene.ready(order))
    hold = scene.change(order, "suspend", "office", hold_version=1)

    response, _ = await asyncio.gather(wallet.ask(token, Phone()), _after(attempt, scene, hold))

    assert response.status_code == 200
    assert (await scene.state(order), await scene.status(order)) == ("suspended", 2)


async def test_two_swaps_at_once_leave_one_card_that_stands(scene: Scene, wallet: WalletApp) -> None:
    old = await scene.place()
    await wallet.activate(old)
    named = (await scene.ready(old)).credential_id
    swaps = [await scene.place(Order(student_ref=old.student_ref, replaces=named)) for _ in range(6)]

    watching = asyncio.create_task(_watch(scene, old))
    responses = await asyncio.gather(*(wallet.activate(order) for order in swaps))
    watching.cancel()
    seen = await asyncio.gather(watching, return_exceptions=True)

    assert Counter(response.status_code for response in responses) == {200: 1, 503: 5}
    assert await _standing(scene, old) == 1
    assert not isinstance(seen[0], AssertionError)


async def test_crossing_swaps_of_many_students_do_not_block_each_other(
    scene: Scene, wallet: WalletApp
) -> None:
    olds = [await scene.place() for _ in range(10)]
    for old in olds:
        await wallet.activate(old)
    swaps = [
        await scene.place(Order(student_ref=old.student_ref, replaces=(await scene.ready(old)).credential_id))
        for old in olds
    ]
    revocations = [scene.change(old, "revoke") for old in olds]

    responses = await asyncio.gather(
        *(wallet.activate(order) for order in swaps), *(_hear(scene, each) for each in revocations)
    )

    assert {each.status_code for each in responses if isinstance(each, httpx.Response)} == {200}
    assert [await _standing(scene, old) for old in olds] == [1] * 10


async def _after(steps: int, scene: Scene, event: StreamEvent) -> None:
    """Lets the other one go ahead a little more at each attempt."""
    for _ in range(steps):
        await scene.works.pool.fetchval("select 1")
    await scene.hear(event)


async def _hear(scene: Scene, event: StreamEvent) -> None:
    await scene.hear(event)


async def _watch(scene: Scene, order: Order) -> None:
    """Looks at every committed state: never two cards that stand, and never none."""
    while True:
        assert await _standing(scene, order) == 1


async def _standing(scene: Scene, order: Order) -> int:
    count = await scene.works.pool.fetchval(
        "select count(*) from credentials where student_ref = $1 and state in ('active', 'suspended')",
        order.student_ref,
    )
    return int(count)
