"""A card comes to be under the lock of its student, in one step with the end of the card it replaces."""

from contracts.issuer import CardIssued, CardReplaced, CardSuspended
from eventing import UnitOfWork
from issuer.domain import Activation, Credential, Issue, Refused, Stale, issue
from issuer.store import audit, credentials, deferrals, status, students
from issuer.store.audit import AuditLine
from issuer.telling import tell
from issuer.use_cases._record_outcomes import Outcome, record_outcomes


async def decide_issue(work: UnitOfWork, activation: Activation) -> Issue:
    """Under the lock of the student, so that no other card of theirs comes to be meanwhile."""
    known = await credentials.load_credential(work.connection, activation.order_id)
    if known is None:
        raise Stale
    if known.student_ref is None:
        raise Refused
    student = await students.lock_student(work.connection, known.institution_id, known.student_ref)
    if student is None:
        raise Refused
    orders = await credentials.standing_orders(work.connection, [student.key])
    locked = await credentials.lock_credentials(work.connection, {*orders, activation.order_id})
    own = next(each for each in locked if each.order_id == activation.order_id)
    others = [each for each in locked if each.order_id != own.order_id and each.stands]
    waiting = await deferrals.load_deferral(work.connection, own.order_id, work.now)
    return issue(
        own,
        activation,
        standing=others,
        office_hold=student.office_hold,
        now=work.now,
        reserved_for=waiting.activation.holder_jkt if waiting else None,
    )


async def make_card(
    work: UnitOfWork, card: Credential, replaced: Credential | None, activation: Activation
) -> None:
    """The old card ends first: at no moment, to nobody, are there two that stand."""
    if replaced is not None:
        line = AuditLine(replaced, "replaced", "holder")
        await record_outcomes(work, [Outcome(replaced, tell(work, CardReplaced, replaced), line)])
    await credentials.make_card(
        work.connection,
        card,
        activation_id=activation.activation_id,
        device_label=activation.device_label,
        holder_jwk=activation.holder_jwk,
    )
    await audit.add_lines(work.connection, work.now, [AuditLine(card, "issued", "holder")])
    work.publish(_issued(work, card, replaced, activation))
    if card.holds:
        await status.set_statuses(work.connection, {card.order_id: card.status})
        work.publish(tell(work, CardSuspended, card, holds=card.holds, by="office", reason=None))


def _issued(
    work: UnitOfWork, card: Credential, replaced: Credential | None, activation: Activation
) -> CardIssued:
    return tell(
        work,
        CardIssued,
        card,
        credential_id=card.credential_id,
        generation=card.generation,
        holder_jwk=activation.holder_jwk,
        holder_jkt=activation.holder_jkt,
        valid_until=card.valid_until,
        replaces=replaced.credential_id if replaced else None,
        device_label=activation.device_label,
    )
