"""Handles and keys are kept as long as they are needed to tell the truth, and no longer."""

import asyncio
from datetime import timedelta

import pytest

from eventing import Works
from tests.component.wallet.scene import NEXT_MONTH, NOON, Clock, Order, tell
from tests.waiting import eventually, somebody_waits
from wallet.store.cards import lock_card
from wallet.store.presentations import delete_presentation, save_presentation
from wallet.use_cases.forget_presentations import forget_presentations


@pytest.fixture
async def shown(works: Works, order: Order) -> Order:
    """A card with a pack, valid until next month."""
    await tell(works, order.issued())
    async with works.begin() as work:
        await save_presentation(work.connection, bytes(16), order.credential_id, b"pack", NOON)
    return order


async def forget(works: Works) -> tuple[int, bool]:
    """How many handles were forgotten, and whether the card's key is still known."""
    async with works.begin() as work:
        forgotten = await forget_presentations(work)
        known = await work.connection.fetchval("select holder_jwk is not null from cards")
    return forgotten, known


async def test_a_revoked_card_is_forgotten_at_its_natural_end_and_not_before(
    works: Works, shown: Order, clock: Clock
) -> None:
    await tell(works, shown.revoked())
    clock.now = NEXT_MONTH - timedelta(seconds=1)
    assert await forget(works) == (0, True)

    clock.now = NEXT_MONTH

    assert await forget(works) == (1, False)


async def test_an_expired_card_is_kept_while_an_extension_may_come(
    works: Works, shown: Order, clock: Clock
) -> None:
    clock.now = NEXT_MONTH + timedelta(days=29)
    assert await forget(works) == (0, True)

    clock.now = NEXT_MONTH + timedelta(days=30)

    assert await forget(works) == (1, True)


async def test_forgetting_is_not_in_the_way_of_a_wallet_that_deletes_its_pack(
    works: Works, shown: Order, clock: Clock
) -> None:
    await tell(works, shown.revoked())
    clock.now = NEXT_MONTH

    async with works.begin() as work:
        await lock_card(work.connection, shown.credential_id)
        forgetting = asyncio.create_task(forget(works))
        await eventually(lambda: somebody_waits(works.pool))
        await delete_presentation(work.connection, bytes(16), shown.credential_id)

    assert await forgetting == (0, False)
