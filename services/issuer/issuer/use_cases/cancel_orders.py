"""A cancelled order leaves nothing that stands: no offer, nor the card made of it a moment before."""

from collections.abc import Sequence

from contracts.base import Party
from contracts.ordering import CancelReason, OrderCancelled
from eventing import UnitOfWork
from issuer.use_cases.end_orders import end_orders

_PARTIES: dict[CancelReason, Party] = {"student": "holder", "office": "office", "ineligible": "system"}


async def cancel_orders(work: UnitOfWork, cancelled: Sequence[OrderCancelled]) -> None:
    await end_orders(work, {event.order_id: _PARTIES[event.reason] for event in cancelled})
