"""Cards follow the issuer's events, and end up the same whatever arrives first."""

from datetime import timedelta
from itertools import permutations
from uuid import UUID

import pytest

from eventing import Works
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import NOON, Order, tell
from wallet.store.cards import lock_card


async def state(works: Works, credential_id: UUID) -> str | None:
    async with works.begin() as work:
        card = await lock_card(work.connection, credential_id)
    return card.state(NOON) if card else None


async def test_an_issued_card_is_active_and_keeps_its_key(works: Works, order: Order) -> None:
    await tell(works, order.ready(), order.issued())

    async with works.begin() as work:
        card = await lock_card(work.connection, order.credential_id)

    assert card is not None
    assert card.state(NOON) == "active"
    assert card.holder_jwk == order.phone.jwk


async def test_holds_suspend_a_card_until_the_last_is_lifted(works: Works, order: Order) -> None:
    await tell(works, order.issued(), order.suspended("holder", "office"), order.reinstated("office"))
    assert await state(works, order.credential_id) == "suspended"

    await tell(works, order.reinstated())

    assert await state(works, order.credential_id) == "active"


async def test_a_reinstatement_older_than_a_suspension_that_passed_ahead_is_not_applied(
    works: Works, order: Order
) -> None:
    issued, first, lifted, second = order.issued(), order.suspended(), order.reinstated(), order.suspended()

    await tell(works, issued, first, second, lifted)

    assert await state(works, order.credential_id) == "suspended"


async def test_a_suspension_told_before_its_card_holds(works: Works, order: Order) -> None:
    issued, suspended = order.issued(), order.suspended()

    await tell(works, suspended, issued)

    assert await state(works, order.credential_id) == "suspended"


async def test_a_revoked_card_stays_revoked(works: Works, order: Order) -> None:
    issued, revoked = order.issued(), order.revoked()

    await tell(works, revoked, issued, order.reinstated(), order.replaced())

    assert await state(works, order.credential_id) == "revoked"


async def test_an_extension_gives_an_expired_card_its_life_back(works: Works, order: Order) -> None:
    await tell(works, order.issued(valid_until=NOON))
    assert await state(works, order.credential_id) == "expired"

    await tell(works, order.extended(NOON + timedelta(days=150)))

    assert await state(works, order.credential_id) == "active"


@pytest.mark.parametrize("arrival", list(permutations(range(3))))
async def test_a_swap_ends_the_old_card_in_any_order_across_orders(
    works: Works, new_order: NewOrder, arrival: tuple[int, ...]
) -> None:
    old, new = new_order(), new_order()
    told = [
        old.issued(),
        new.issued(replaces=old.credential_id),
        old.replaced(),
    ]

    await tell(works, *(told[index] for index in arrival))

    assert await state(works, old.credential_id) == "replaced"
    assert await state(works, new.credential_id) == "active"


async def test_a_swap_that_names_an_erased_card_leaves_no_trace_of_it(
    works: Works, new_order: NewOrder
) -> None:
    old, new = new_order(), new_order()
    await tell(works, old.issued(), old.erased())

    await tell(works, new.issued(replaces=old.credential_id))

    async with works.begin() as work:
        assert await work.connection.fetchval("select count(*) from replacements") == 0
