"""Withdraw an optional consent, as easily as it was given."""

from uuid import UUID

from eventing import UnitOfWork
from ordering import store
from ordering.problems import ConsentRequired, NotAStudent
from ordering.sealing import Sealers
from ordering.use_cases._contact import EMAIL_ALERTS, publish_contact
from servicekit.institutions import Institution
from servicekit.refusals import NotFound


async def withdraw_consent(
    work: UnitOfWork, sealers: Sealers, institution: Institution, student_ref: UUID, kind: str
) -> None:
    """Without e-mail alerts the notifier is told of each order that the address may not be used any more."""
    consent = institution.consent(kind)
    if consent is None:
        raise NotFound
    if consent.required:
        raise ConsentRequired
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        raise NotAStudent
    withdrawn = await store.consents.withdraw(work.connection, student_ref, kind, work.now)
    if withdrawn and kind == EMAIL_ALERTS:
        orders = await store.orders.of_student(work.connection, student_ref)
        publish_contact(work, sealers, student, orders, email_alerts=False)
