"""Learn who is behind new orders, and tell them that their orders were received."""

from collections.abc import Sequence

from contracts.ordering import OrderPlaced
from eventing import Received, UnitOfWork
from notifier.contacts import Contacts
from notifier.domain import notice
from notifier.store.orders import KnownContact, save_contacts
from notifier.use_cases.write_alerts import Tell, write_alerts


async def welcome_orders(
    work: UnitOfWork, placed: Sequence[Received[OrderPlaced]], *, contacts: Contacts, tell: Tell
) -> None:
    await save_contacts(work.connection, [_contact(each, contacts) for each in placed])
    await write_alerts(work, [notice("order_received", each.event) for each in placed], tell=tell)


def _contact(placed: Received[OrderPlaced], contacts: Contacts) -> KnownContact:
    event = placed.event
    return KnownContact(
        order_id=event.order_id,
        institution_id=event.institution_id,
        student_ref=event.student_ref,
        locale=event.locale,
        contact_sealed=contacts.reseal(event),
        number=placed.number,
    )
