"""Letters leave as rows that are leased, sent and recorded: at least once, and told of when it is final."""

import asyncio
from datetime import time, timedelta
from typing import Any

import pytest
import structlog

from contracts.notifier import AlertDelivered, AlertFailed
from eventing import Works
from notifier.domain import Preferences, QuietHours
from notifier.sender import Bell
from notifier.store.recipients import save_preferences
from notifier.use_cases.take_delivery import AT_ONCE, take_delivery
from notifier.use_cases.write_alerts import News
from tests.component.notifier.conftest import NewOrder, NewSender, Tell
from tests.component.notifier.scene import EMAIL, NOON, Clock, Mailbox, Order, part
from tests.databases import Database
from tests.eventlog import published
from tests.waiting import eventually

Outcome = AlertDelivered | AlertFailed

SIESTA = Preferences(QuietHours(time(13), time(15)))


async def outcomes(database: Database) -> list[Outcome]:
    events = await published(database.pool)
    return [each for each in events if isinstance(each, Outcome) and each.channel == "email"]


async def send_all(new_sender: NewSender, **settings: float) -> None:
    sender = new_sender(**settings)
    while await sender.send_next():
        pass


async def test_a_letter_is_sent_to_the_address_and_reported(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox, notifier_database: Database
) -> None:
    await hear(order.placed(), order.ready())

    await send_all(new_sender)

    (letter,) = mailbox.letters
    assert letter["To"] == EMAIL
    assert letter["From"] == "UMCS · Legitka <legitka@legitka.example>"
    assert letter["Subject"] == "Twoja mLegitymacja jest gotowa do aktywacji"
    (outcome,) = await outcomes(notifier_database)
    assert isinstance(outcome, AlertDelivered)
    assert (outcome.kind, outcome.attempt, outcome.order_id) == ("ready_to_activate", 1, order.order_id)


async def test_what_somebody_waits_for_is_sent_before_the_mails_of_all_extensions(
    hear: Tell, order: Order, new_order: NewOrder, new_sender: NewSender, mailbox: Mailbox, clock: Clock
) -> None:
    await hear(order.placed(), order.extended())
    clock.advance(minutes=5)
    other = new_order()
    await hear(other.placed(), other.ready())

    await send_all(new_sender)

    assert [letter["Subject"] for letter in mailbox.letters] == [
        "Twoja mLegitymacja jest gotowa do aktywacji",
        "Twoja mLegitymacja jest przedłużona",
    ]
    assert "Jest ważna do 31 marca 2027." in part(mailbox.letters[1], "plain")


async def test_letters_speak_the_language_of_the_newest_contact(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    await hear(order.placed(locale="pl"), order.ready(), order.contact_changed(locale="en", first_name="Ann"))

    await send_all(new_sender)

    (letter,) = mailbox.letters
    assert letter["Subject"] == "Your student card is ready to activate"
    assert "Hello, Ann!" in part(letter, "plain")


async def test_an_older_contact_that_comes_late_changes_nothing(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    placed = order.placed()
    older, newer = (
        order.contact_changed(email="old@umcs.example"),
        order.contact_changed(email="new@umcs.example"),
    )

    await hear(order.ready(), newer, older, placed)
    await send_all(new_sender)

    assert [letter["To"] for letter in mailbox.letters] == ["new@umcs.example"]


async def test_a_letter_waits_for_its_recipient_to_become_known(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox
) -> None:
    placed = order.placed()
    await hear(order.ready())
    await send_all(new_sender)
    assert mailbox.letters == []

    await hear(placed)
    await send_all(new_sender)
    assert len(mailbox.letters) == 1


async def test_without_consent_no_letter_leaves_now_or_later(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox, notifier_database: Database
) -> None:
    await hear(order.placed(), order.contact_changed(email=None), order.ready())
    await send_all(new_sender)

    await hear(order.contact_changed(email=EMAIL))
    await send_all(new_sender)

    assert mailbox.letters == []
    assert await outcomes(notifier_database) == []


async def test_a_busy_server_is_tried_again_after_a_while_with_the_same_message_id(
    hear: Tell,
    order: Order,
    new_sender: NewSender,
    mailbox: Mailbox,
    clock: Clock,
    notifier_database: Database,
) -> None:
    mailbox.refuse("DATA", ["451 busy"])
    await hear(order.placed(), order.ready())
    await send_all(new_sender)
    assert mailbox.letters == []
    assert await outcomes(notifier_database) == []

    clock.advance(seconds=5)
    await send_all(new_sender)

    alert_id = await notifier_database.pool.fetchval("select alert_id from deliveries")
    (letter,) = mailbox.letters
    assert letter["Message-ID"] == f"<{alert_id}@legitka.example>"
    assert [each.attempt for each in await outcomes(notifier_database)] == [2]


async def test_a_refused_address_is_final(
    hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox, notifier_database: Database
) -> None:
    mailbox.refuse("RCPT", ["550 no such mailbox"])
    await hear(order.placed(), order.ready())

    await send_all(new_sender)

    (outcome,) = await outcomes(notifier_database)
    assert isinstance(outcome, AlertFailed)
    assert (outcome.attempt, outcome.reason) == (1, "refused")


@pytest.mark.parametrize(
    "address", ["", "anna", "a b@c.example", "a@b.example\r\nBcc: c@d.example", "a" * 300]
)
async def test_what_is_no_address_is_refused_without_asking_the_server(
    address: str,
    hear: Tell,
    order: Order,
    new_sender: NewSender,
    mailbox: Mailbox,
    notifier_database: Database,
) -> None:
    await hear(order.placed(email=address), order.ready())

    await send_all(new_sender)

    assert mailbox.connections == 0
    assert [each.reason for each in await outcomes(notifier_database)] == ["refused"]


async def test_an_absent_server_is_given_up_after_the_last_attempt(
    hear: Tell, order: Order, new_sender: NewSender, clock: Clock, notifier_database: Database
) -> None:
    await hear(order.placed(), order.ready())

    for _ in range(3):
        await send_all(new_sender, smtp_port=1, mail_attempts=3)
        clock.advance(hours=1)

    (outcome,) = await outcomes(notifier_database)
    assert isinstance(outcome, AlertFailed)
    assert (outcome.attempt, outcome.reason) == (3, "unavailable")


async def test_a_letter_that_cannot_be_written_is_given_up_and_holds_up_no_other(
    hear: Tell,
    new_order: NewOrder,
    new_sender: NewSender,
    mailbox: Mailbox,
    clock: Clock,
    notifier_database: Database,
) -> None:
    spoilt, other = new_order(), new_order()
    await hear(spoilt.placed(), spoilt.ready(), other.placed(), other.ready())
    await notifier_database.pool.execute(
        "update alerts set parameters = $2 where order_id = $1", spoilt.order_id, {"until": EMAIL}
    )

    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            await send_all(new_sender, mail_attempts=3)
            clock.advance(hours=1)

    assert len(mailbox.letters) == 1
    ends = {each.order_id: (each.attempt, each.reason) for each in await outcomes(notifier_database)}
    assert ends == {spoilt.order_id: (3, "unavailable"), other.order_id: (1, None)}
    assert [each["error"] for each in logs if each["event"] == "delivery_not_sent"] == ["ValueError"] * 3
    assert EMAIL not in repr(logs)


async def test_a_sender_that_dies_after_sending_leaves_the_letter_to_the_next_with_the_same_message_id(
    hear: Tell,
    order: Order,
    new_sender: NewSender,
    mailbox: Mailbox,
    clock: Clock,
    notifier_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await hear(order.placed(), order.ready())
    dying = new_sender()
    monkeypatch.setattr(dying, "_record", die)
    with pytest.raises(asyncio.CancelledError):
        await dying.send_next()

    await send_all(new_sender)
    assert len(mailbox.letters) == 1
    clock.advance(seconds=30)
    await send_all(new_sender)

    assert len({letter["Message-ID"] for letter in mailbox.letters}) == 1
    assert len(mailbox.letters) == 2
    assert [each.attempt for each in await outcomes(notifier_database)] == [2]


async def die(*_: object) -> None:
    raise asyncio.CancelledError


async def test_a_sender_that_has_lost_its_lease_reports_nothing(
    hear: Tell,
    order: Order,
    new_sender: NewSender,
    mailbox: Mailbox,
    clock: Clock,
    notifier_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await hear(order.placed(), order.ready())
    slow = new_sender()
    record = slow._record

    async def overslept(*args: Any) -> None:
        clock.advance(seconds=30)
        await send_all(new_sender)
        await record(*args)

    monkeypatch.setattr(slow, "_record", overslept)
    await slow.send_next()

    assert len(mailbox.letters) == 2
    assert [each.attempt for each in await outcomes(notifier_database)] == [2]


async def test_side_by_side_each_letter_is_sent_once(
    hear: Tell, new_order: NewOrder, new_sender: NewSender, mailbox: Mailbox, notifier_database: Database
) -> None:
    orders = [new_order() for _ in range(40)]
    for order in orders:
        await hear(order.placed(email=f"{order.order_id}@umcs.example"), order.ready())

    await asyncio.gather(*(send_all(new_sender) for _ in range(4)))

    assert sorted(letter["To"] for letter in mailbox.letters) == sorted(
        f"{order.order_id}@umcs.example" for order in orders
    )
    assert len(await outcomes(notifier_database)) == 40


async def test_a_sender_keeps_its_line_to_the_server(
    hear: Tell, new_order: NewOrder, new_sender: NewSender, mailbox: Mailbox
) -> None:
    for _ in range(5):
        order = new_order()
        await hear(order.placed(), order.ready())

    await send_all(new_sender)

    assert (len(mailbox.letters), mailbox.connections) == (5, 1)


async def test_a_line_that_was_cut_is_opened_again(
    hear: Tell, new_order: NewOrder, new_sender: NewSender, mailbox: Mailbox, clock: Clock
) -> None:
    sender = new_sender()
    first, second = new_order(), new_order()
    mailbox.refuse("DATA", ["421 closing"])
    await hear(first.placed(), first.ready(), second.placed(), second.ready())
    while await sender.send_next():
        pass

    clock.advance(seconds=5)
    while await sender.send_next():
        pass

    assert len(mailbox.letters) == 2


async def resting(new_sender: NewSender, bell: Bell, number: int) -> list[asyncio.Task[None]]:
    """Senders that have found nothing to do, and would not look again for an hour."""
    tasks = [asyncio.create_task(new_sender(mail_poll=3600).send_or_rest()) for _ in range(number)]
    await eventually(lambda: bell.resting == number)
    return tasks


async def test_a_ring_wakes_one_sender_and_no_other(new_sender: NewSender, bell: Bell) -> None:
    senders = await resting(new_sender, bell, 3)

    bell.ring()

    await eventually(lambda: any(sender.done() for sender in senders))
    assert bell.resting == 2
    for sender in senders:
        sender.cancel()


async def test_who_takes_on_a_letter_wakes_the_next_sender(
    hear: Tell, order: Order, new_sender: NewSender, bell: Bell, mailbox: Mailbox
) -> None:
    [other] = await resting(new_sender, bell, 1)
    await hear(order.placed(), order.ready())

    await new_sender().send_next()

    await asyncio.wait_for(other, 5)
    assert len(mailbox.letters) == 1


async def test_a_ring_that_nobody_heard_keeps_the_next_sender_from_resting(
    new_sender: NewSender, bell: Bell
) -> None:
    bell.ring()

    await asyncio.wait_for(new_sender(mail_poll=3600).send_or_rest(), 5)


async def test_senders_are_told_of_their_channel_only_when_there_may_be_something_to_send(
    hear: Tell, order: Order, told: list[News]
) -> None:
    await hear(order.placed(), order.ready())

    assert [news.channels for news in told] == [frozenset(), frozenset({"email"})]


async def test_quiet_hours_hold_back_what_can_wait_and_nothing_else(
    works: Works, hear: Tell, order: Order, new_sender: NewSender, mailbox: Mailbox, clock: Clock
) -> None:
    await hear(order.placed())
    async with works.begin() as work:
        quiet = Preferences(QuietHours(time(13), time(15, 30)))
        await save_preferences(work.connection, order.recipient, quiet)
    await hear(order.ready(), order.suspended())

    await send_all(new_sender)
    assert [letter["Subject"] for letter in mailbox.letters] == ["Twoja mLegitymacja jest zawieszona"]

    clock.advance(hours=1, minutes=30)
    await send_all(new_sender)
    assert mailbox.letters[1]["Subject"] == "Twoja mLegitymacja jest gotowa do aktywacji"


async def test_quiet_hours_are_no_attempt(
    works: Works, hear: Tell, order: Order, new_sender: NewSender, clock: Clock, notifier_database: Database
) -> None:
    await hear(order.placed())
    async with works.begin() as work:
        await save_preferences(work.connection, order.recipient, SIESTA)
    await hear(order.ready())
    await send_all(new_sender)

    clock.advance(hours=1)
    await send_all(new_sender)

    assert clock.now > NOON
    assert [each.attempt for each in await outcomes(notifier_database)] == [1]


async def test_the_start_of_quiet_hours_locks_a_few_letters_at_a_time(
    works: Works, hear: Tell, order: Order, new_sender: NewSender, notifier_database: Database
) -> None:
    await hear(order.placed())
    async with works.begin() as work:
        await save_preferences(work.connection, order.recipient, SIESTA)
    await hear(*(order.ready() for _ in range(AT_ONCE + 1)))

    async with works.begin() as work:
        assert await take_delivery(work, "email", timedelta(seconds=30)) == (None, True)
        put_off = "select count(*) from deliveries where due_at > $1"
        assert await work.connection.fetchval(put_off, work.now) == AT_ONCE

    await send_all(new_sender)
    assert await notifier_database.pool.fetchval(put_off, NOON) == AT_ONCE + 1


async def test_an_order_erased_while_its_letter_is_on_the_way_is_not_reported(
    hear: Tell,
    order: Order,
    new_sender: NewSender,
    notifier_database: Database,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await hear(order.placed(), order.ready())
    sender = new_sender()
    record = sender._record

    async def erased_meanwhile(*args: Any) -> None:
        await hear(order.erased())
        await record(*args)

    monkeypatch.setattr(sender, "_record", erased_meanwhile)
    await sender.send_next()

    assert await published(notifier_database.pool) == []
