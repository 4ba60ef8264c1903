"""Write alerts of orders whose rows are locked, and bring them into the inboxes of their students."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from contracts.notifier import AlertDelivered
from eventing import UnitOfWork
from notifier.domain import Channel, Notice, Recipient, goes_by_mail, goes_by_push
from notifier.store import alerts, deliveries
from notifier.store.alerts import Arrival


@dataclass(frozen=True, slots=True)
class News:
    """Whose inboxes have grown, and by which channels something may be waiting to be sent."""

    recipients: frozenset[Recipient]
    channels: frozenset[Channel]


# Told after the commit.
Tell = Callable[[News], None]


async def write_alerts(work: UnitOfWork, notices: Sequence[Notice], *, tell: Tell) -> None:
    """At most one per cause and kind. What came before its student was known comes into the inbox now."""
    await alerts.insert_alerts(
        work.connection, [(work.new_id(), notice) for notice in notices], due_at=work.now
    )
    arrivals = await alerts.deliver_to_inboxes(work.connection, [notice.order_id for notice in notices])
    channels = await _plan(work, arrivals)
    work.publish(*(_delivered(work, arrival) for arrival in arrivals))
    if arrivals:
        recipients = frozenset(arrival.recipient for arrival in arrivals)
        work.after_commit(partial(tell, News(recipients, channels)))


async def _plan(work: UnitOfWork, arrivals: Sequence[Arrival]) -> frozenset[Channel]:
    """Letters were planned when the alerts were raised, and can go now; pushes go to the browsers of now."""
    channels: set[Channel] = set()
    if any(goes_by_mail(arrival.kind) for arrival in arrivals):
        channels.add("email")
    pushed = [arrival.alert_id for arrival in arrivals if goes_by_push(arrival.kind)]
    if pushed and await deliveries.plan_pushes(work.connection, pushed, due_at=work.now):
        channels.add("push")
    return frozenset(channels)


def _delivered(work: UnitOfWork, arrival: Arrival) -> AlertDelivered:
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
