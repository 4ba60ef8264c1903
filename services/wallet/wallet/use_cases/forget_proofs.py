"""Used proofs are forgotten once they have lapsed: nobody could use them again anyway."""

from eventing import UnitOfWork
from wallet.store import used_proofs


async def forget_proofs(work: UnitOfWork) -> None:
    await used_proofs.forget_proofs(work.connection, work.now)
