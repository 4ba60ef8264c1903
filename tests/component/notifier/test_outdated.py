"""What is no news any more is not told: in no inbox, and in no letter that was held up."""

from eventing import Works
from tests.component.notifier.conftest import NewSender, Tell
from tests.component.notifier.scene import Mailbox, Order
from tests.component.notifier.test_alerts import inbox
from tests.component.notifier.test_mail import outcomes, send_all
from tests.databases import Database

READY = "Twoja mLegitymacja jest gotowa do aktywacji"
LOCKED = "Kod aktywacyjny mLegitymacji jest zablokowany"


async def kinds(works: Works, order: Order) -> list[str]:
    return [alert.kind for alert in await inbox(works, order.recipient)]


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
