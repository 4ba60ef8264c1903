"""Ends what stands of an order: its offer, or the card made of it a moment before."""

from collections.abc import Mapping
from uuid import UUID

from contracts.base import Party
from eventing import UnitOfWork
from issuer.domain import Credential, end
from issuer.store import credentials
from issuer.store.audit import AuditLine
from issuer.telling import tell_end
from issuer.use_cases._record_outcomes import Outcome, record_outcomes

REASON = "order_cancelled"


async def end_orders(work: UnitOfWork, parties: Mapping[UUID, Party]) -> int:
    """Ends what stands of each order, in the name of its party. How many had something that stood."""
    outcomes = []
    for credential in await credentials.lock_credentials(work.connection, parties):
        after = end(credential)
        if after != credential:
            outcomes.append(_outcome(work, after, parties[after.order_id]))
    await record_outcomes(work, outcomes)
    return len(outcomes)


def _outcome(work: UnitOfWork, after: Credential, by: Party) -> Outcome:
    line = AuditLine(after, "revoked", by, REASON) if after.state == "revoked" else None
    return Outcome(after, tell_end(work, after, REASON), line)
