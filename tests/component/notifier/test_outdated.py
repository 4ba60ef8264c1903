"""What is no news any more is not told: in no inbox, and in no letter that was held up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from eventing import Received, Works
from tests.component.notifier.conftest import NewSender, Tell
from tests.component.notifier.scene import EXPIRES_AT, Clock, Mailbox, Order
from tests.component.notifier.test_mail import outcomes, send_all
from tests.component.notifier.test_reminders import kinds, remind
from tests.databases import Database

READY = "Twoja mLegitymacja jest gotowa do aktywacji"


async def subjects(new_sender: NewSender, mailbox: Mailbox) -> list[str]:
    await send_all(new_sender)
    return [letter["Subject"] for letter in mailbox.letters]


async def test_a_lock_of_an_older_code_is_not_told_once_there_is_a_newer_one(
    works: Works, hear: Tell, order: Order
) -> None:
    await hear(order.placed(), order.ready(1), order.ready(2), order.locked(1), order.locked(2))

    assert await kinds(works, order) == [
        "order_received",
        "ready_to_activate",
        "ready_to_activate",
        "code_locked",
    ]


async def test_an_older_code_is_not_announced_after_the_lock_of_a_newer_one(
    works: Works, hear: Tell, order: Order
) -> None:
    await hear(order.placed(), order.locked(2), order.ready(1), order.ready(2))

    assert await kinds(works, order) == ["order_received", "code_locked", "ready_to_activate"]


async def test_letters_about_an_older_code_do_not_leave_after_an_outage(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox, notifier_database: Database
) -> None:
    await hear(order.placed(), order.ready(1), order.locked(1), order.ready(2))

    assert await subjects(new_sender, mailbox) == [READY]
    assert len(await outcomes(notifier_database)) == 1


async def test_an_order_that_has_ended_is_not_announced_as_ready(
    works: Works, hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    await hear(order.placed(), order.cancelled(), order.ready(), order.locked(), order.withdrawn())

    assert await kinds(works, order) == ["order_received"]
    assert await subjects(new_sender, mailbox) == []


@pytest.mark.parametrize("end", [Order.cancelled, Order.expired, Order.issued])
async def test_letters_about_an_offer_do_not_leave_once_its_order_has_moved_on(
    end: Callable[[Order], Received[Any]],
    works: Works,
    hear: Tell,
    order: Order,
    clock: Clock,
    new_sender: NewSender,
    mailbox: Mailbox,
) -> None:
    await hear(order.placed(), order.ready(), order.locked())
    clock.now = EXPIRES_AT - timedelta(days=1)
    await remind(works)

    await hear(end(order))

    assert "offer_ending" in await kinds(works, order)
    assert set(await subjects(new_sender, mailbox)) <= {"Twoja mLegitymacja została aktywowana"}


async def test_a_letter_that_was_refused_for_now_is_not_tried_again_once_the_card_is_active(
    hear: Tell, order: Order, clock: Clock, new_sender: NewSender, mailbox: Mailbox
) -> None:
    mailbox.refuse("DATA", ["451 busy"])
    await hear(order.placed(), order.ready())
    assert await subjects(new_sender, mailbox) == []

    await hear(order.issued())
    clock.advance(hours=1)

    assert await subjects(new_sender, mailbox) == ["Twoja mLegitymacja została aktywowana"]
