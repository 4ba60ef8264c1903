"""New cards use new lists after a restore; in the old ones, what is nobody's is revoked."""

from collections.abc import Sequence

from eventing import UnitOfWork
from issuer.store import status
from issuer.use_cases.open_status_lists import open_status_lists


async def close_status_lists(work: UnitOfWork, institutions: Sequence[str], size: int) -> None:
    await status.close_lists(work.connection)
    await open_status_lists(work, institutions, size)
