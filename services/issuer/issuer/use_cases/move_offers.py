"""Offers leave the lists from before a restore: cards may have been made of them, and forgotten."""

from eventing import UnitOfWork
from issuer.store import status
from issuer.workshop import draw_indices


async def move_offers(work: UnitOfWork) -> None:
    orders = await status.free_indices_of_offers(work.connection)
    await status.allocate(work.connection, orders, draw_indices)
