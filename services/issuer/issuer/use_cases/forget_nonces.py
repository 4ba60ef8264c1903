"""Used nonces are forgotten once they have lapsed: nobody could use them again anyway."""

from eventing import UnitOfWork
from issuer.store import nonces


async def forget_nonces(work: UnitOfWork) -> None:
    await nonces.forget_nonces(work.connection, work.now)
