"""Remember in which language a student wants to be told about orders, those that there are included."""

from contracts.ordering import Locale
from eventing import UnitOfWork
from ordering import store
from ordering.sealing import Sealers
from ordering.use_cases._contact import EMAIL_ALERTS, publish_contact


async def choose_language(
    work: UnitOfWork, sealers: Sealers, institution_id: str, subject: str, locale: Locale
) -> None:
    """The notifier is told of each order whose language changes. Nothing, for whoever is no student."""
    found = await store.students.find(work.connection, institution_id, subject)
    student = await store.students.lock(work.connection, found.student_ref) if found else None
    if student is None:
        return
    await store.orders.lock_of_student(work.connection, student.student_ref)
    changed = await store.orders.choose_locale(work.connection, student.student_ref, locale)
    email_alerts = await store.consents.stands(work.connection, student.student_ref, EMAIL_ALERTS)
    publish_contact(work, sealers, student, changed, email_alerts=email_alerts)
