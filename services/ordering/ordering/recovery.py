"""What ordering does after a restore: its holds count again, and whoever was erased since is erased again."""

from collections.abc import Sequence

from contracts.base import Event
from contracts.ordering import OrderErased
from eventing import Recovery, UnitOfWork
from ordering import store
from ordering.use_cases.erase_again import erase_again


def recovery(_settings: object) -> Recovery:
    return Recovery(prepare=_prepare, finish=_finish)


async def _prepare(work: UnitOfWork, _told: Sequence[Event], epoch: int) -> None:
    """Versions of holds that were told and forgotten are lower than any epoch."""
    await store.students.raise_hold_versions(work.connection, epoch)


async def _finish(work: UnitOfWork, told: Sequence[Event]) -> None:
    await erase_again(work, [event.order_id for event in told if isinstance(event, OrderErased)])
