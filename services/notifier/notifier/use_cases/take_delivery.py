"""Take on one delivery of a channel that is due, for as long as a lease."""

from datetime import timedelta

from eventing import UnitOfWork
from notifier.domain import Channel, Delivery, Result, held_until
from notifier.store import deliveries

AT_ONCE = 50  # deliveries that one transaction sets aside: their rows stay locked until it ends


async def take_delivery(
    work: UnitOfWork, channel: Channel, lease_for: timedelta
) -> tuple[Delivery | None, bool]:
    """A delivery to send, and whether there may be more.

    What is outdated or unwanted is dropped, what falls into its recipient's quiet hours is put off; then
    comes the next.
    """
    for _ in range(AT_ONCE):
        delivery = await deliveries.lease_delivery(
            work.connection, channel, now=work.now, lease=work.new_id(), until=work.now + lease_for
        )
        if delivery is None or not await _set_aside(work, delivery):
            return delivery, delivery is not None
    return None, True


async def _set_aside(work: UnitOfWork, delivery: Delivery) -> bool:
    reason = _reason_to_drop(delivery)
    if reason is not None:
        return await deliveries.end_delivery(work.connection, delivery, "dropped", reason, work.now)
    quiet_until = held_until(delivery.kind, delivery.quiet_hours, work.now)
    if quiet_until is None:
        return False
    attempts = delivery.attempt - 1
    return await deliveries.put_back(work.connection, delivery, quiet_until, None, attempts=attempts)


def _reason_to_drop(delivery: Delivery) -> Result | None:
    if delivery.outdated:
        return "outdated"
    return "unwanted" if delivery.unwanted else None
