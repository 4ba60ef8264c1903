"""Two transactions stepped by hand: the second waits for the first, and decides on what that has left."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from contracts.base import StreamEvent
from contracts.issuer import (
    CardIssued,
    CardRevoked,
    CardSuspended,
    CredentialReady,
    OfferWithdrawn,
    WalletReported,
)
from contracts.ordering import ActivationCodeRequested, OrderCancelled, OrderErased
from eventing import UnitOfWork
from issuer.domain import Activation, NotYet, Refused, Stale
from issuer.store.students import lock_student
from issuer.use_cases.issue_card import CardRequest, issue_card
from issuer.use_cases.record_wallet_report import UnknownNotification, record_wallet_report
from issuer.use_cases.use_nonces import ProofNonce
from issuer.workshop import Workshop
from tests.component.issuer.phones import Phone
from tests.component.issuer.scene import PHOTO, Order, Scene
from tests.waiting import eventually, somebody_waits

T = TypeVar("T")
Step = Callable[[UnitOfWork], Awaitable[Any]]


async def take_turns(scene: Scene, first: Step, second: Coroutine[Any, Any, T]) -> T:
    """Commits `first` only when `second` is seen waiting for a lock."""
    async with scene.works.begin() as work:
        await first(work)
        waiting = asyncio.create_task(second)
        await eventually(lambda: somebody_waits(scene.works.pool))
    return await waiting


@pytest.fixture
async def order(scene: Scene) -> Order:
    return await scene.place()


async def issuing(scene: Scene, workshop: Workshop, order: Order) -> Step:
    ready, phone = await scene.ready(order), Phone()
    activation = Activation(
        activation_id="a-1",
        order_id=order.order_id,
        institution_id=order.institution_id,
        generation=ready.generation,
        credential_id=ready.credential_id,
        device_label="iphone",
        keys=(phone.holder_key,),
    )
    lapses_at = scene.clock.now + timedelta(minutes=5)
    request = CardRequest(activation, [ProofNonce(uuid4().bytes, lapses_at)], "notification-1", PHOTO)
    return lambda work: issue_card(work, request, workshop.vault)


def hearing(scene: Scene, event: StreamEvent) -> Step:
    return lambda work: scene.apply(work, event)


async def alone(scene: Scene, step: Step) -> None:
    async with scene.works.begin() as work:
        await step(work)


async def told_after_ready(scene: Scene, order: Order) -> list[type[StreamEvent]]:
    return [type(event) for event in (await scene.told(order, StreamEvent))[1:]]


async def test_a_cancellation_behind_an_issue_revokes_the_card(
    scene: Scene, workshop: Workshop, order: Order
) -> None:
    cancelled = scene.about(order, OrderCancelled, reason="student")

    await take_turns(scene, await issuing(scene, workshop, order), scene.hear(cancelled))

    assert await told_after_ready(scene, order) == [CardIssued, CardRevoked]


async def test_an_issue_behind_a_cancellation_is_refused(
    scene: Scene, workshop: Workshop, order: Order
) -> None:
    cancelled = scene.about(order, OrderCancelled, reason="student")
    issue = await issuing(scene, workshop, order)

    with pytest.raises(Refused):
        await take_turns(scene, hearing(scene, cancelled), alone(scene, issue))

    assert await told_after_ready(scene, order) == [OfferWithdrawn]


async def test_a_new_code_behind_an_issue_is_not_made(scene: Scene, workshop: Workshop, order: Order) -> None:
    renewal = scene.about(order, ActivationCodeRequested, generation=2)

    await take_turns(scene, await issuing(scene, workshop, order), scene.hear(renewal))

    assert await told_after_ready(scene, order) == [CardIssued]


async def test_an_issue_behind_a_new_code_is_stale(scene: Scene, workshop: Workshop, order: Order) -> None:
    renewal = scene.about(order, ActivationCodeRequested, generation=2)
    issue = await issuing(scene, workshop, order)

    with pytest.raises(Stale):
        await take_turns(scene, hearing(scene, renewal), alone(scene, issue))

    assert await told_after_ready(scene, order) == [CredentialReady]


async def test_a_hold_behind_an_issue_suspends_the_card(
    scene: Scene, workshop: Workshop, order: Order
) -> None:
    hold = scene.change(order, "suspend", "office", hold_version=1)

    await take_turns(scene, await issuing(scene, workshop, order), scene.hear(hold))

    assert await told_after_ready(scene, order) == [CardIssued, CardSuspended]


async def test_an_issue_behind_a_hold_makes_a_suspended_card(
    scene: Scene, workshop: Workshop, order: Order
) -> None:
    hold = scene.change(order, "suspend", "office", hold_version=1)
    issue = await issuing(scene, workshop, order)

    await take_turns(scene, hearing(scene, hold), alone(scene, issue))

    assert await told_after_ready(scene, order) == [CardIssued, CardSuspended]


async def test_an_erasure_behind_an_issue_is_not_in_its_way(
    scene: Scene, workshop: Workshop, order: Order
) -> None:
    issue = await issuing(scene, workshop, order)

    async with scene.works.begin() as work:
        await lock_student(work.connection, order.institution_id, order.student_ref)
        erasing = asyncio.create_task(scene.hear(scene.about(order, OrderErased)))
        await eventually(lambda: somebody_waits(scene.works.pool))
        await issue(work)
    await erasing

    assert await scene.state(order) == "revoked"


async def test_a_report_behind_an_erasure_leaves_nothing(
    scene: Scene, workshop: Workshop, order: Order
) -> None:
    await alone(scene, await issuing(scene, workshop, order))
    erasure = hearing(scene, scene.about(order, OrderErased))

    def report(work: UnitOfWork) -> Awaitable[None]:
        return record_wallet_report(work, order.order_id, "notification-1", "credential_accepted")

    with pytest.raises(UnknownNotification):
        await take_turns(scene, erasure, alone(scene, report))

    assert await scene.told(order, WalletReported) == []


async def test_a_second_swap_behind_a_first_finds_the_new_card_standing(
    scene: Scene, workshop: Workshop, order: Order
) -> None:
    await alone(scene, await issuing(scene, workshop, order))
    named = (await scene.ready(order)).credential_id
    swaps = [await scene.place(Order(student_ref=order.student_ref, replaces=named)) for _ in range(2)]
    first, second = [await issuing(scene, workshop, swap) for swap in swaps]

    with pytest.raises(NotYet):
        await take_turns(scene, first, alone(scene, second))

    assert [await scene.state(each) for each in (order, *swaps)] == ["replaced", "active", "offered"]
