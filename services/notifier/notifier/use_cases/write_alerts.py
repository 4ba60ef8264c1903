"""Write alerts of orders whose rows are locked, and bring them into the inboxes of their students."""

from collections.abc import Callable, Sequence
from functools import partial

from contracts.notifier import AlertDelivered
from eventing import UnitOfWork
from notifier.domain import Notice, Recipient, goes_by_push
from notifier.store import alerts, deliveries

# Told after the commit whose inboxes have grown; mail and pushes may be waiting too.
Tell = Callable[[frozenset[Recipient]], None]


async def write_alerts(work: UnitOfWork, notices: Sequence[Notice], *, tell: Tell) -> None:
    """At most one per cause and kind. What came before its student was known comes into the inbox now."""
    await alerts.insert_alerts(
        work.connection, [(work.new_id(), notice) for notice in notices], due_at=work.now
    )
    arrivals = await alerts.deliver_to_inboxes(work.connection, [notice.order_id for notice in notices])
    pushed = [arrival.alert_id for arrival in arrivals if goes_by_push(arrival.kind)]
    if pushed:
        await deliveries.plan_pushes(work.connection, pushed, due_at=work.now)
    work.publish(*(_delivered(work, arrival) for arrival in arrivals))
    if arrivals:
        work.after_commit(partial(tell, frozenset(arrival.recipient for arrival in arrivals)))


def _delivered(work: UnitOfWork, arrival: alerts.Arrival) -> AlertDelivered:
    return AlertDelivered(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=arrival.recipient.institution_id,
        order_id=arrival.order_id,
        alert_id=arrival.alert_id,
        kind=arrival.kind,
        channel="inbox",
        attempt=1,
        reason=None,
    )
