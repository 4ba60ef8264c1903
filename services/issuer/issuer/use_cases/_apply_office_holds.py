"""The office's hold belongs to a student: its newest version rules every card of theirs that stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.issuer import CardReinstated, CardSuspended
from eventing import UnitOfWork
from issuer.domain import Credential, Student, hold_by_office, newest_holds
from issuer.store import credentials, students
from issuer.store.audit import AuditLine
from issuer.telling import tell
from issuer.use_cases._record_outcomes import Outcome, record_outcomes


@dataclass(frozen=True, slots=True)
class ToldHold:
    """A hold as an event tells it, with who in the office did it and why, as far as that is told."""

    student: Student
    reason: str | None = None
    actor_ref: str | None = None


async def apply_office_holds(work: UnitOfWork, told: Sequence[ToldHold]) -> None:
    """Older versions change nothing, whatever order they come with.

    A newer one is told even if the cards are as it wants them: one that it has overtaken never will be.
    """
    newest = newest_holds(hold.student for hold in told)
    newer = {student.key: student for student in await students.put_holds(work.connection, newest)}
    if not newer:
        return
    why = {hold.student: hold for hold in told}
    orders = await credentials.standing_orders(work.connection, list(newer))
    outcomes = []
    for card in await credentials.lock_credentials(work.connection, orders):
        student = newer[card.student_key]
        outcomes.append(_outcome(work, hold_by_office(card, student.office_hold), why[student]))
    await record_outcomes(work, outcomes)


def _outcome(work: UnitOfWork, card: Credential, hold: ToldHold) -> Outcome:
    held = hold.student.office_hold
    event_class = CardSuspended if held else CardReinstated
    event = tell(work, event_class, card, holds=card.holds, by="office", reason=hold.reason)
    action = "suspended" if held else "reinstated"
    return Outcome(card, event, AuditLine(card, action, "office", hold.reason, hold.actor_ref))
