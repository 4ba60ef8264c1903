"""A card comes to be under the lock of its student, in one step with the end of the card it replaces."""

from collections.abc import Sequence

from contracts.issuer import CardIssued, CardReplaced, CardSuspended
from eventing import UnitOfWork
from issuer.domain import Activation, Credential, HolderKey, Issue, Refused, Stale, issue
from issuer.store import audit, credentials, deferrals, instances, status, students
from issuer.store.audit import AuditLine
from issuer.telling import tell
from issuer.use_cases._record_outcomes import Outcome, record_outcomes
from issuer.workshop import draw_indices


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
    held_by = await instances.thumbprints(work.connection, own.order_id)
    if not held_by and (waiting := await deferrals.load_deferral(work.connection, own.order_id, work.now)):
        held_by = {key.jkt for key in waiting.activation.keys}
    return issue(
        own,
        activation,
        standing=others,
        office_hold=student.office_hold,
        now=work.now,
        held_by=held_by,
    )


async def make_card(work: UnitOfWork, decision: Issue, activation: Activation) -> None:
    """The old card ends first: at no moment, to nobody, are there two that stand."""
    card, (first, *further) = decision.card, decision.keys
    if decision.replaced is not None:
        line = AuditLine(decision.replaced, "replaced", "holder")
        ended = Outcome(decision.replaced, tell(work, CardReplaced, decision.replaced), line)
        await record_outcomes(work, [ended])
    await credentials.make_card(
        work.connection,
        card,
        activation_id=activation.activation_id,
        device_label=activation.device_label,
        holder_jwk=first.jwk,
    )
    await _make_further(work, card, further)
    await audit.add_lines(work.connection, work.now, [AuditLine(card, "issued", "holder")])
    work.publish(_issued(work, decision, activation))
    if card.holds:
        await status.set_statuses(work.connection, {card.order_id: card.status})
        work.publish(tell(work, CardSuspended, card, holds=card.holds, by="office", reason=None))


async def _make_further(work: UnitOfWork, card: Credential, keys: Sequence[HolderKey]) -> None:
    """As many instances as find a place in the list: the standard lets an issuer give fewer."""
    if not keys:
        return
    conn = work.connection
    placed = await status.allocate_further(conn, card.order_id, len(keys), draw_indices)
    await instances.insert_further(conn, card.order_id, {number: keys[number - 1] for number in placed})


def _issued(work: UnitOfWork, decision: Issue, activation: Activation) -> CardIssued:
    """Of the keys it names the first: by that the holder signs what others are to believe."""
    card, first = decision.card, decision.keys[0]
    return tell(
        work,
        CardIssued,
        card,
        credential_id=card.credential_id,
        generation=card.generation,
        holder_jwk=first.jwk,
        holder_jkt=first.jkt,
        valid_until=card.valid_until,
        replaces=decision.replaced.credential_id if decision.replaced else None,
        device_label=activation.device_label,
    )
