"""Used nonces and waiting cards are forgotten once they have lapsed: nobody could use them again anyway."""

from eventing import UnitOfWork
from issuer.store import deferrals, nonces


async def forget_lapsed(work: UnitOfWork) -> None:
    await nonces.forget_nonces(work.connection, work.now)
    await deferrals.forget_deferrals(work.connection, work.now)
