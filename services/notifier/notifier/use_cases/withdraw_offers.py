"""Forget the reminders of offers that were withdrawn."""

from collections.abc import Sequence

from contracts.issuer import OfferWithdrawn
from eventing import UnitOfWork
from notifier.store import orders, reminders


async def withdraw_offers(work: UnitOfWork, withdrawn: Sequence[OfferWithdrawn]) -> None:
    await orders.lock_orders(work.connection, {event.order_id: event.institution_id for event in withdrawn})
    await reminders.cancel(work.connection, {event.order_id: event.generation for event in withdrawn})
