"""A new phone: the new card is active and the old one replaced in one step, or nothing has happened."""

from datetime import timedelta

import pytest

from contracts.issuer import CardIssued
from contracts.ordering import OrderCancelled
from tests.component.issuer.scene import END_OF_SEMESTER, Order, Scene, WalletApp


@pytest.fixture
async def old(scene: Scene, wallet: WalletApp) -> Order:
    order = await scene.place()
    assert (await wallet.activate(order)).status_code == 200
    return order


async def swap_for(scene: Scene, old: Order, **told: object) -> Order:
    credential_id = (await scene.ready(old)).credential_id
    return await scene.place(Order(student_ref=old.student_ref, replaces=credential_id), **told)


async def test_the_old_card_stays_until_the_new_one_is_made(scene: Scene, old: Order) -> None:
    await swap_for(scene, old)

    assert (await scene.state(old), await scene.status(old)) == ("active", 0)


async def test_the_new_card_takes_the_place_of_the_old_one(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    new = await swap_for(scene, old)

    assert (await wallet.activate(new)).status_code == 200

    [issued] = await scene.told(new, CardIssued)
    assert issued.replaces == (await scene.ready(old)).credential_id
    assert await scene.names(old) == ["CredentialReady", "CardIssued", "CardReplaced"]
    assert (await scene.state(old), await scene.status(old)) == ("replaced", 1)
    assert (await scene.state(new), await scene.status(new)) == ("active", 0)


async def test_a_frozen_card_is_replaced_and_its_holders_hold_ends_with_it(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    await scene.hear(scene.change(old, "suspend"))
    new = await swap_for(scene, old)

    await wallet.activate(new)

    assert (await scene.state(old), await scene.state(new)) == ("replaced", "active")


async def test_the_offices_hold_goes_over_to_the_new_card(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    await scene.hear(scene.change(old, "suspend", "office", hold_version=1))
    new = await swap_for(scene, old)

    await wallet.activate(new)

    assert (await scene.state(old), await scene.state(new)) == ("replaced", "suspended")


async def test_the_new_card_comes_alone_when_the_old_one_ended_meanwhile(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    new = await swap_for(scene, old)
    await scene.hear(scene.change(old, "revoke"))

    await wallet.activate(new)

    [issued] = await scene.told(new, CardIssued)
    assert issued.replaces is None
    assert (await scene.state(old), await scene.state(new)) == ("revoked", "active")


async def test_a_card_past_its_end_is_replaced_though_nobody_named_it(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    scene.clock.now = END_OF_SEMESTER + timedelta(days=1)
    later = END_OF_SEMESTER + timedelta(days=200)
    new = await scene.place(Order(student_ref=old.student_ref), valid_until=later.isoformat())

    assert (await wallet.activate(new)).status_code == 200

    assert (await scene.state(old), await scene.state(new)) == ("replaced", "active")


async def test_a_card_whose_end_is_on_the_way_makes_the_new_one_wait(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    new = await scene.place(Order(student_ref=old.student_ref))

    response = await wallet.activate(new)
    assert response.status_code == 503
    assert int(response.headers["retry-after"]) > 0

    await scene.hear(scene.change(old, "revoke"))
    assert (await wallet.activate(new)).status_code == 200


async def test_a_swap_that_is_cancelled_in_time_leaves_the_old_card(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    new = await swap_for(scene, old)
    await scene.hear(scene.about(new, OrderCancelled, reason="student"))

    await wallet.activate(new)

    assert (await scene.state(old), await scene.state(new)) == ("active", "withdrawn")


async def test_a_swap_that_is_cancelled_too_late_leaves_no_card(
    scene: Scene, wallet: WalletApp, old: Order
) -> None:
    new = await swap_for(scene, old)
    await wallet.activate(new)

    await scene.hear(scene.about(new, OrderCancelled, reason="student"))

    assert (await scene.state(old), await scene.state(new)) == ("replaced", "revoked")
