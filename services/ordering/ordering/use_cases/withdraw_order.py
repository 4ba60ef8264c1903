"""The office withdraws an order. A card made at the same moment is revoked by the issuer."""

from uuid import UUID

from eventing import UnitOfWork
from ordering.problems import OrderHasCard
from ordering.use_cases._commands import lock_order_of, note, record_cancellation


async def withdraw_order(work: UnitOfWork, institution_id: str, order_id: UUID, *, actor_ref: str) -> None:
    """Withdrawing again changes nothing; what has become a card is revoked instead."""
    order = await lock_order_of(work, institution_id, order_id)
    if order.card.stands:
        raise OrderHasCard
    if order.end != "CANCELLED":
        await record_cancellation(work, order, "office")
    await note(work, order, actor_ref, "order_withdrawn")
