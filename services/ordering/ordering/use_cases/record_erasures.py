"""Note that the issuer has erased its part of an order that was erased here, or was until a restore."""

from collections.abc import Sequence

from contracts.issuer import CredentialErased
from eventing import Received, UnitOfWork
from ordering import store
from ordering.use_cases.erase_again import erase_again


async def record_erasures(work: UnitOfWork, received: Sequence[Received[CredentialErased]]) -> None:
    events = [one.event for one in received]
    order_ids = [event.order_id for event in events]
    await erase_again(work, order_ids)
    await store.erasure.confirm(work.connection, order_ids, [event.occurred_at for event in events])
