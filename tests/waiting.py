"""Waiting for a condition, so that no test sleeps for a guessed time."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, overload

from servicekit.database import Pool

T = TypeVar("T")

STEP = 0.01


@overload
async def eventually(
    condition: Callable[[], Awaitable[T]],
    timeout: float = 10,  # noqa: ASYNC109
    *,
    every: float = STEP,
) -> T: ...
@overload
async def eventually(
    condition: Callable[[], T],
    timeout: float = 10,  # noqa: ASYNC109
    *,
    every: float = STEP,
) -> T: ...
async def eventually(
    condition: Callable[[], Any],
    timeout: float = 10,  # noqa: ASYNC109
    *,
    every: float = STEP,
) -> Any:
    """Polls until the condition gives something true, and gives that.

    An assertion that fails inside the condition means "not yet"; after `timeout` seconds it is raised.
    """
    deadline = time.monotonic() + timeout
    while True:
        seen, failure = await _ask(condition)
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise failure or AssertionError(f"not within {timeout} s; last seen: {seen!r}")
        await asyncio.sleep(every)


async def _ask(condition: Callable[[], Any]) -> tuple[Any, AssertionError | None]:
    try:
        seen = condition()
        return (await seen if inspect.isawaitable(seen) else seen), None
    except AssertionError as failure:
        return None, failure


async def somebody_waits(pool: Pool) -> bool:
    """Whether a transaction of this database waits for a lock of another."""
    waiting: bool = await pool.fetchval(
        """
        select exists (select from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock')
        """
    )
    return waiting
