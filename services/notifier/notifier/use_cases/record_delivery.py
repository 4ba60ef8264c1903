"""Record what became of a delivery, and tell of it once it is final."""

from contracts.notifier import AlertDelivered, AlertFailed
from eventing import UnitOfWork
from notifier.domain import Delivery, Outcome, Result, next_attempt, state_after
from notifier.store import deliveries, subscriptions


async def record_delivery(
    work: UnitOfWork, delivery: Delivery, outcome: Outcome, *, attempts: int, jitter: float
) -> bool:
    """False when the lease was lost: whoever holds it now reports. `attempts` is the limit, jitter 0 to 1.

    A subscription that is gone is deleted.
    """
    result = outcome.result
    state = state_after(result, attempt=delivery.attempt, limit=attempts)
    if state == "pending":
        due_at = work.now + next_attempt(outcome, delivery.attempt, jitter)
        return await deliveries.put_back(work.connection, delivery, due_at, result, attempts=delivery.attempt)
    reason = None if state == "delivered" else result
    if not await deliveries.end_delivery(work.connection, delivery, state, reason, work.now):
        return False
    if result == "gone" and delivery.subscription is not None:
        await subscriptions.forget(work.connection, delivery.subscription.id)
    if state == "delivered":
        work.publish(_outcome(AlertDelivered, work, delivery, reason))
    elif state == "failed":
        work.publish(_outcome(AlertFailed, work, delivery, reason))
    return True


def _outcome(
    event_class: type[AlertDelivered] | type[AlertFailed],
    work: UnitOfWork,
    delivery: Delivery,
    reason: Result | None,
) -> AlertDelivered | AlertFailed:
    return event_class(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=delivery.institution_id,
        order_id=delivery.order_id,
        alert_id=delivery.alert_id,
        kind=delivery.kind,
        channel=delivery.channel,
        attempt=delivery.attempt,
        reason=reason,
    )
