"""Write alerts of orders whose rows are locked, and bring them into the inboxes of their students."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

from contracts.notifier import AlertDelivered
from eventing import UnitOfWork
from notifier.domain import Channel, Notice, Recipient, goes_by_mail, goes_by_push
from notifier.store import alerts, deliveries, recipients
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
    once = list({(notice.cause, notice.kind): notice for notice in notices}.values())
    new = await alerts.still_to_tell(work.connection, once)
    late = await alerts.without_inbox(work.connection, [notice.order_id for notice in once])
    fresh = [_arrival(work, one, recipient) for one, recipient in new]
    numbered = await _number(work, fresh + late)
    await _save(work, numbered[: len(fresh)], [one for one, _ in new], numbered[len(fresh) :])
    await _announce(work, [arrival for arrival in numbered if arrival.recipient is not None], tell)


def _arrival(work: UnitOfWork, notice: Notice, recipient: Recipient | None) -> Arrival:
    return Arrival(work.new_id(), notice.order_id, notice.institution_id, notice.kind, recipient)


async def _number(work: UnitOfWork, arrivals: Sequence[Arrival]) -> list[Arrival]:
    """With the next entries of their inboxes, in this order; without one as long as nobody is known."""
    counts = Counter(arrival.recipient for arrival in arrivals if arrival.recipient is not None)
    taken = await recipients.take_entries(work.connection, counts) if counts else {}
    following = {recipient: count(first) for recipient, first in taken.items()}
    return [
        replace(arrival, entry=next(following[arrival.recipient])) if arrival.recipient else arrival
        for arrival in arrivals
    ]


async def _save(
    work: UnitOfWork, fresh: Sequence[Arrival], notices: Sequence[Notice], late: Sequence[Arrival]
) -> None:
    if fresh:
        await alerts.insert_alerts(work.connection, list(zip(fresh, notices, strict=True)))
    if letters := {one.alert_id: one.kind for one in fresh if goes_by_mail(one.kind)}:
        await deliveries.plan_letters(work.connection, letters, due_at=work.now)
    if late:
        await alerts.bring_in(work.connection, late)


async def _announce(work: UnitOfWork, arrivals: Sequence[Arrival], tell: Tell) -> None:
    if not arrivals:
        return
    channels = await _plan(work, arrivals)
    # That something stands in the inbox is told of what is sent, too: the rest is told nowhere else.
    work.publish(*(_delivered(work, arrival) for arrival in arrivals if goes_by_mail(arrival.kind)))
    grown = frozenset(arrival.recipient for arrival in arrivals if arrival.recipient is not None)
    work.after_commit(partial(tell, News(grown, channels)))


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
        institution_id=arrival.institution_id,
        order_id=arrival.order_id,
        alert_id=arrival.alert_id,
        kind=arrival.kind,
        channel="inbox",
        attempt=1,
        reason=None,
    )
