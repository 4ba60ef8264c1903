"""Whom the notifier may alert, and how: said with each order, and again when it changes."""

from collections.abc import Iterable

from contracts.ordering import ContactChanged
from eventing import UnitOfWork
from ordering.domain import Order
from ordering.eligibility import Student
from ordering.sealing import Sealers, seal_contact

EMAIL_ALERTS = "email_alerts"


def publish_contact(
    work: UnitOfWork, sealers: Sealers, student: Student, orders: Iterable[Order], *, email_alerts: bool
) -> None:
    """Say it anew for each order, in the language of that order."""
    for order in orders:
        sealed = seal_contact(sealers, ContactChanged, order.order_id, student, email_alerts=email_alerts)
        work.publish(
            ContactChanged(
                event_id=work.new_id(),
                occurred_at=work.now,
                institution_id=student.institution_id,
                order_id=order.order_id,
                locale=order.locale,
                contact_sealed=sealed,
            )
        )
