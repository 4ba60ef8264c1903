"""Keeps the background tasks of a process alive: an error is told and retried with back-off."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from time import monotonic

import structlog

log = structlog.get_logger()

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 2.0


def whereabouts(error: BaseException) -> list[str]:
    """The innermost places of an error. Messages and variables may hold private data: they are not told."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


async def keep_running(name: str, task: Callable[[], Awaitable[None]]) -> None:
    """Run a task until it returns or is cancelled; begin it anew, later each time, when it fails."""
    pause = FIRST_PAUSE
    while True:
        begun = monotonic()
        try:
            await task()
        except Exception as error:  # noqa: BLE001 - a task that dies silently would be worse
            log.warning("task_failed", task=name, error=type(error).__name__, at=whereabouts(error))
        else:
            return
        pause = FIRST_PAUSE if monotonic() - begun > LONGEST_PAUSE else min(2 * pause, LONGEST_PAUSE)
        await asyncio.sleep(pause)


async def keep_repeating(name: str, seconds: float, step: Callable[[], Awaitable[object]]) -> None:
    """Repeat a step with a pause in between, for as long as the process lives."""

    async def repeat() -> None:
        while True:
            await step()
            await asyncio.sleep(seconds)

    await keep_running(name, repeat)
