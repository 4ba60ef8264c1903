"""Every institution has a status list with room: one that is half full is closed, and another opened."""

from collections.abc import Sequence

from eventing import UnitOfWork
from issuer.store import status


async def open_status_lists(work: UnitOfWork, institutions: Sequence[str], size: int) -> None:
    await status.open_lists(work.connection, institutions, size)
