"""The last step of every use case: what was decided is saved, audited and published together."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.base import StreamEvent
from eventing import UnitOfWork
from issuer.domain import Credential
from issuer.store import audit, credentials, status
from issuer.store.audit import AuditLine


@dataclass(frozen=True, slots=True)
class Outcome:
    """A credential as it is from now on, and what is told about it; a silent change tells nothing."""

    credential: Credential
    event: StreamEvent | None = None
    line: AuditLine | None = None


async def record_outcomes(work: UnitOfWork, outcomes: Sequence[Outcome]) -> None:
    if not outcomes:
        return
    changed = [outcome.credential for outcome in outcomes]
    lines = [outcome.line for outcome in outcomes if outcome.line]
    await credentials.save_credentials(work.connection, changed)
    await status.set_statuses(work.connection, {each.order_id: each.status for each in changed})
    if lines:
        await audit.add_lines(work.connection, work.now, lines)
    work.publish(*(outcome.event for outcome in outcomes if outcome.event))
