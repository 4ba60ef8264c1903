"""The card that a transaction stands for, as long as it waits."""

from hmac import compare_digest
from uuid import UUID

from eventing import UnitOfWork
from issuer.store import deferrals
from issuer.store.deferrals import Deferral


class UnknownTransaction(Exception):
    """No card of this order waits under this id: it was given, belongs to another offer, or never was."""


async def find_deferral(work: UnitOfWork, order_id: UUID, generation: int, transaction_id: str) -> Deferral:
    """Raises `UnknownTransaction`."""
    deferral = await deferrals.load_deferral(work.connection, order_id, work.now)
    if deferral is None or deferral.activation.generation != generation:
        raise UnknownTransaction
    if not compare_digest(deferral.transaction_id.encode(), transaction_id.encode()):
        raise UnknownTransaction
    return deferral
