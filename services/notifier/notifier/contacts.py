"""Contacts between two seals: opened as ordering sealed them, kept under this service's own keys."""

from uuid import UUID

from contracts.catalogue import type_of
from contracts.ordering import ContactChanged, OrderPlaced
from notifier.domain import Contact, Delivery
from notifier.store import resealing
from servicekit.resealing import SealedColumn
from servicekit.sealing import Sealer, SealingContext

_KEPT_AS = "pl.legitka.notifier.Contact"


class Contacts:
    """Opens and seals; nothing that was opened outlives the call."""

    def __init__(self, *, incoming: Sealer, kept: Sealer) -> None:
        self._incoming = incoming
        self._kept = kept

    def reseal(self, event: OrderPlaced | ContactChanged) -> str:
        """Of what the event tells only what a letter needs is kept. Raises CannotOpen."""
        context = SealingContext(
            type_of(type(event)), event.institution_id, event.order_id, field="contact_sealed"
        )
        contact = Contact.model_validate_json(self._incoming.open(event.contact_sealed, context))
        kept = _context(event.institution_id, event.order_id)
        return self._kept.seal(contact.model_dump_json().encode(), kept)

    def open(self, delivery: Delivery) -> Contact:
        return self.open_kept(delivery.institution_id, delivery.order_id, delivery.contact_sealed)

    def open_kept(self, institution_id: str, order_id: UUID, sealed: str) -> Contact:
        return Contact.model_validate_json(self._kept.open(sealed, _context(institution_id, order_id)))

    def column(self) -> SealedColumn:
        """Where contacts are kept, for the day when the key that seals them changes."""
        return SealedColumn(
            self._kept,
            lambda row: _context(row.institution_id, row.id),
            resealing.contacts,
            resealing.save_contacts,
        )


def _context(institution_id: str, order_id: UUID) -> SealingContext:
    return SealingContext(_KEPT_AS, institution_id, order_id, field="contact_sealed")
