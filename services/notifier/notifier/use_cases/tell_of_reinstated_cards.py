"""Tell that cards which were suspended can be shown again."""

from collections.abc import Sequence

from contracts.issuer import CardReinstated
from eventing import Received, UnitOfWork
from notifier.domain import notice
from notifier.store import orders
from notifier.use_cases.write_alerts import Tell, write_alerts


async def tell_of_reinstated_cards(
    work: UnitOfWork, reinstated: Sequence[Received[CardReinstated]], *, tell: Tell
) -> None:
    """Not while another hold stands, and not when the card was stopped again meanwhile."""
    institutions = {one.event.order_id: one.event.institution_id for one in reinstated}
    await orders.lock_orders(work.connection, institutions)
    free = {one.event.order_id: one for one in reinstated if not one.event.holds}
    stopped = await orders.stopped_since(work.connection, {key: one.number for key, one in free.items()})
    events = [one.event for key, one in free.items() if key not in stopped]
    await write_alerts(work, [notice("card_reinstated", event, by=event.by) for event in events], tell=tell)
