"""Everything about the person goes at once; a tombstone, the audit lines and the revoked status stay."""

from collections.abc import Sequence

from contracts.base import StreamEvent
from contracts.issuer import CredentialErased
from contracts.ordering import OrderErased
from eventing import UnitOfWork
from issuer.domain import Credential, erase
from issuer.store import audit, credentials, deferrals, holders, instances, status, students
from issuer.store.audit import AuditLine
from issuer.telling import tell, tell_end

REASON = "erased"


async def erase_credentials(work: UnitOfWork, erased: Sequence[OrderErased]) -> None:
    """An order that is erased before it was ever told of gets its tombstone all the same."""
    orders = [event.order_id for event in erased]
    await students.lock_students_of(work.connection, orders)
    known = await credentials.lock_credentials(work.connection, orders)
    told = {credential.order_id for credential in known}
    unknown = [_tombstone(event) for event in erased if event.order_id not in told]
    if unknown:
        await credentials.insert_credentials(work.connection, unknown)
    await _bury(work, [each for each in (*known, *unknown) if each.erased_at is None])


async def _bury(work: UnitOfWork, before: Sequence[Credential]) -> None:
    orders = [each.order_id for each in before]
    for order_id in orders:
        work.erase(order_id)
    await holders.delete_holders(work.connection, orders)
    await deferrals.end_deferrals(work.connection, orders)
    after = [erase(each, work.now) for each in before]
    await credentials.erase_credentials(work.connection, after)
    await instances.erase_instances(work.connection, orders)
    await status.set_statuses(work.connection, {each.order_id: each.status for each in after})
    await students.forget_students(
        work.connection, [each.student_key for each in before if each.student_ref is not None]
    )
    lines = [AuditLine(each, REASON, "office") for each in after if each.state == "revoked"]
    await audit.add_lines(work.connection, work.now, lines)
    for was, now in zip(before, after, strict=True):
        work.publish(*_told(work, was, now))


def _told(work: UnitOfWork, before: Credential, after: Credential) -> list[StreamEvent]:
    end = [tell_end(work, after, REASON)] if before.stands else []
    return [*end, tell(work, CredentialErased, after)]


def _tombstone(event: OrderErased) -> Credential:
    return Credential(
        order_id=event.order_id,
        institution_id=event.institution_id,
        student_ref=None,
        credential_id=None,
        state="withdrawn",
        generation=1,
        offer_expires_at=None,
        replaces=None,
        valid_until=None,
    )
