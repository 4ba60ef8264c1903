"""Offers that nobody activated in time are withdrawn; a card that was made meanwhile stays."""

from collections.abc import Sequence

from contracts.ordering import OrderExpired
from eventing import UnitOfWork
from issuer.domain import withdraw
from issuer.store import credentials
from issuer.telling import tell_end
from issuer.use_cases._record_outcomes import Outcome, record_outcomes

REASON = "order_expired"


async def withdraw_offers(work: UnitOfWork, expired: Sequence[OrderExpired]) -> None:
    outcomes = []
    orders = [event.order_id for event in expired]
    for credential in await credentials.lock_credentials(work.connection, orders):
        after = withdraw(credential)
        if after != credential:
            outcomes.append(Outcome(after, tell_end(work, after, REASON)))
    await record_outcomes(work, outcomes)
