"""Write to another address, or in another language, from now on."""

from collections.abc import Sequence

from contracts.ordering import ContactChanged
from eventing import Received, UnitOfWork
from notifier.contacts import Contacts
from notifier.store.orders import KnownContact, save_contacts


async def change_contacts(
    work: UnitOfWork, changed: Sequence[Received[ContactChanged]], *, contacts: Contacts
) -> None:
    await save_contacts(work.connection, [_contact(each, contacts) for each in changed])


def _contact(changed: Received[ContactChanged], contacts: Contacts) -> KnownContact:
    event = changed.event
    return KnownContact(
        order_id=event.order_id,
        institution_id=event.institution_id,
        student_ref=None,
        locale=event.locale,
        contact_sealed=contacts.reseal(event),
        number=changed.number,
    )
