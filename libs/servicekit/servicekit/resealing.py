"""What a service keeps sealed is sealed again under the current key, so that an old key can be forgotten."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from eventing import Connection
from servicekit.database import Pool
from servicekit.sealing import Sealer, SealingContext

_FIRST = UUID(int=0)
_BATCH = 500


@dataclass(frozen=True, slots=True)
class SealedRow:
    """One sealed value, and what its context is made of."""

    id: UUID
    institution_id: str
    sealed: str


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """Where values of one kind are kept.

    `take` gives rows beyond an id whose value is not under the key with this id: in the order of ids, at most
    so many, locked. `save` writes new values to rows, and nothing else.
    """

    sealer: Sealer
    context: Callable[[SealedRow], SealingContext]
    take: Callable[[Connection, UUID, str, int], Awaitable[Sequence[SealedRow]]]
    save: Callable[[Connection, Sequence[UUID], Sequence[str]], Awaitable[None]]


async def reseal(pool: Pool, column: SealedColumn) -> int:
    """How many values were under an old key; none is left. Safe beside running services, and to repeat.

    Raises CannotOpen at a value whose key is not in the ring: nothing of its batch is changed then.
    """
    done, last = 0, _FIRST
    while rows := await _reseal_batch(pool, column, last):
        done, last = done + len(rows), rows[-1].id
    return done


async def _reseal_batch(pool: Pool, column: SealedColumn, after: UUID) -> Sequence[SealedRow]:
    async with pool.acquire() as connection, connection.transaction():
        rows = await column.take(connection, after, column.sealer.current, _BATCH)
        sealed = [column.sealer.reseal(row.sealed, column.context(row)) for row in rows]
        await column.save(connection, [row.id for row in rows], sealed)
    return rows
