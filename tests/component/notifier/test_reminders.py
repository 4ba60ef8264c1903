"""Whoever has not used an offer is reminded three days before its end, once, and only if it still helps."""

from datetime import timedelta

from eventing import Works
from notifier.use_cases.remind_of_offers import remind_of_offers
from tests.component.notifier.conftest import NewOrder, NewSender, Tell
from tests.component.notifier.scene import EXPIRES_AT, NOON, Clock, Mailbox, Order, part
from tests.component.notifier.test_alerts import inbox


async def remind(works: Works) -> None:
    async with works.begin() as work:
        await remind_of_offers(work, tell=lambda recipients: None)


async def kinds(works: Works, order: Order) -> list[str]:
    return [alert.kind for alert in await inbox(works, order.recipient)]


async def test_a_student_is_reminded_three_days_before_the_end_and_once(
    works: Works, hear: Tell, order: Order, clock: Clock
) -> None:
    await hear(order.placed(), order.ready())

    clock.now = EXPIRES_AT - timedelta(days=3, seconds=1)
    await remind(works)
    assert await kinds(works, order) == ["order_received", "ready_to_activate"]

    clock.advance(seconds=1)
    await remind(works)
    await remind(works)
    assert await kinds(works, order) == ["order_received", "ready_to_activate", "offer_ending"]


async def test_the_reminder_is_mailed_and_says_until_when(
    works: Works, hear: Tell, order: Order, clock: Clock, new_sender: NewSender, mailbox: Mailbox
) -> None:
    await hear(order.placed(), order.ready())
    sender = new_sender()
    await sender.send_next()
    clock.now = EXPIRES_AT - timedelta(days=2)

    await remind(works)
    await sender.send_next()

    reminder = mailbox.letters[-1]
    assert reminder["Subject"] == "Kończy się czas na aktywację mLegitymacji"
    assert "do 31 października 2026, 13:00" in part(reminder, "plain")


async def test_an_order_that_has_moved_on_is_not_reminded_of(
    works: Works, hear: Tell, new_order: NewOrder, clock: Clock
) -> None:
    issued, cancelled, expired, withdrawn, early = (new_order() for _ in range(5))
    await hear(issued.placed(), issued.ready(), issued.issued())
    await hear(cancelled.placed(), cancelled.ready(), cancelled.cancelled())
    await hear(expired.placed(), expired.ready(), expired.expired())
    await hear(withdrawn.placed(), withdrawn.ready(), withdrawn.withdrawn())
    await hear(early.placed(), early.cancelled(), early.ready())
    clock.now = EXPIRES_AT - timedelta(days=1)

    await remind(works)

    for order in (issued, cancelled, expired, withdrawn, early):
        assert "offer_ending" not in await kinds(works, order)


async def test_a_new_code_moves_the_reminder_to_its_own_end(
    works: Works, hear: Tell, order: Order, clock: Clock
) -> None:
    later = EXPIRES_AT + timedelta(days=7)
    await hear(order.placed(), order.ready(1), order.locked(1), order.ready(2, expires_at=later))

    clock.now = EXPIRES_AT - timedelta(days=1)
    await remind(works)
    assert "offer_ending" not in await kinds(works, order)

    clock.now = later - timedelta(days=1)
    await remind(works)
    assert "offer_ending" in await kinds(works, order)


async def test_the_withdrawal_of_an_older_generation_leaves_the_reminder(
    works: Works, hear: Tell, order: Order, clock: Clock
) -> None:
    await hear(order.placed(), order.ready(1), order.ready(2), order.withdrawn(1))
    clock.now = EXPIRES_AT - timedelta(days=1)

    await remind(works)

    assert "offer_ending" in await kinds(works, order)


async def test_nobody_is_reminded_of_an_offer_that_has_ended(
    works: Works, hear: Tell, order: Order, clock: Clock
) -> None:
    await hear(order.placed(), order.ready())
    clock.now = EXPIRES_AT

    await remind(works)

    assert "offer_ending" not in await kinds(works, order)


async def test_an_offer_of_three_days_or_less_has_no_reminder(
    works: Works, hear: Tell, order: Order, clock: Clock
) -> None:
    await hear(order.placed(), order.ready(expires_at=NOON + timedelta(days=3)))
    clock.advance(days=2)

    await remind(works)

    assert "offer_ending" not in await kinds(works, order)
