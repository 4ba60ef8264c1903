"""Delete everything about orders, the log of published events included."""

from collections.abc import Sequence

from contracts.issuer import CredentialErased
from eventing import UnitOfWork
from wallet.store import erasure


async def erase_orders(work: UnitOfWork, erased: Sequence[CredentialErased]) -> None:
    await erasure.erase_orders(work.connection, [event.order_id for event in erased], work.now)
    for event in erased:
        work.erase(event.order_id)
