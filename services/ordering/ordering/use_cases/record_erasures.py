"""Note that the issuer has erased its part of an order that was erased here."""

from collections.abc import Sequence

from contracts.issuer import CredentialErased
from eventing import Received, UnitOfWork
from ordering import store


async def record_erasures(work: UnitOfWork, received: Sequence[Received[CredentialErased]]) -> None:
    events = [one.event for one in received]
    await store.erasure.confirm(
        work.connection, [event.order_id for event in events], [event.occurred_at for event in events]
    )
