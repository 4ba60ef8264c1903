"""Record what became of a letter, and tell of it once it is final."""

from contracts.notifier import AlertDelivered, AlertFailed
from eventing import UnitOfWork
from notifier.domain import Letter, Result, retry_delay, state_after
from notifier.store import deliveries


async def record_delivery(
    work: UnitOfWork, letter: Letter, result: Result, *, attempts: int, jitter: float
) -> bool:
    """False when the lease was lost: whoever holds it now reports. `attempts` is the limit, jitter 0 to 1."""
    state = state_after(result, attempt=letter.attempt, limit=attempts)
    if state == "pending":
        due_at = work.now + retry_delay(letter.attempt, jitter)
        return await deliveries.put_back(work.connection, letter, due_at, result, attempts=letter.attempt)
    reason = None if state == "delivered" else result
    if not await deliveries.end_delivery(work.connection, letter, state, reason, work.now):
        return False
    if state == "delivered":
        work.publish(_outcome(AlertDelivered, work, letter, reason))
    elif state == "failed":
        work.publish(_outcome(AlertFailed, work, letter, reason))
    return True


def _outcome(
    event_class: type[AlertDelivered] | type[AlertFailed],
    work: UnitOfWork,
    letter: Letter,
    reason: Result | None,
) -> AlertDelivered | AlertFailed:
    return event_class(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=letter.institution_id,
        order_id=letter.order_id,
        alert_id=letter.alert_id,
        kind=letter.kind,
        channel="email",
        attempt=letter.attempt,
        reason=reason,
    )
