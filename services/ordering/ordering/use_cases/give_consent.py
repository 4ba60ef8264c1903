"""Give an optional consent outside an order, as easily as it is withdrawn."""

from uuid import UUID

from contracts.ordering import Locale
from eventing import UnitOfWork
from ordering import store
from ordering.problems import ConsentsWrong, NotAStudent
from ordering.sealing import Sealers
from ordering.store.consents import Consent
from ordering.use_cases._contact import EMAIL_ALERTS, publish_contact
from servicekit.institutions import Institution
from servicekit.refusals import NotFound


async def give_consent(
    work: UnitOfWork,
    sealers: Sealers,
    institution: Institution,
    student_ref: UUID,
    *,
    kind: str,
    version: str,
    locale: Locale,
) -> None:
    """Giving it twice is giving it once, and changed words are given anew.

    Required ones are given with an order only.
    """
    current = institution.consent(kind)
    if current is None or current.required:
        raise NotFound
    if version != current.version:
        raise ConsentsWrong(missing=[], outdated=[kind], unknown=[])
    student = await store.students.lock(work.connection, student_ref)
    if student is None:
        raise NotAStudent
    standing = await store.consents.standing_versions(work.connection, student_ref, kind)
    if version in standing:
        return
    given = Consent(kind, version, locale, None, work.now, None)
    await store.consents.add(work.connection, institution.id, student_ref, [given], [work.new_id()])
    if kind == EMAIL_ALERTS and not standing:
        orders = await store.orders.of_student(work.connection, student_ref)
        publish_contact(work, sealers, student, orders, email_alerts=True)
