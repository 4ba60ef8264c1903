"""Tell that cards are out of use, for a while or for good."""

from collections.abc import Sequence

from contracts.issuer import CardRevoked, CardSuspended
from eventing import Received, UnitOfWork
from notifier.domain import Notice, notice
from notifier.store import orders
from notifier.use_cases.write_alerts import Tell, write_alerts

Stopped = Sequence[Received[CardSuspended]] | Sequence[Received[CardRevoked]]


async def tell_of_stopped_cards(work: UnitOfWork, stopped: Stopped, *, tell: Tell) -> None:
    """They may come ahead of their turn: that an older event gave the card back is no news any more."""
    institutions = {one.event.order_id: one.event.institution_id for one in stopped}
    await orders.lock_orders(work.connection, institutions)
    await orders.note_stops(work.connection, {one.event.order_id: one.number for one in stopped})
    await write_alerts(work, [_notice(one.event) for one in stopped], tell=tell)


def _notice(event: CardSuspended | CardRevoked) -> Notice:
    if isinstance(event, CardSuspended):
        return notice("card_suspended", event, by=event.by)
    return notice("card_revoked", event)
