"""Background jobs of a process: repeated, restarted with back-off, and never silently dead.

A process whose loop is stuck, or whose job does not come back, ends itself, so that it is started anew.
"""

import asyncio
import faulthandler
import os
import random
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger()

Job = Callable[[], Awaitable[None]]

WEDGED_AFTER = 120.0
_LONGEST_PAUSE = 60.0
_EXIT_WEDGED = 70


def _exit_wedged() -> None:
    """From the watching thread: says where every thread stands, then ends without cleaning up."""
    faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
    os._exit(_EXIT_WEDGED)


class BackgroundWork:
    """`async with BackgroundWork() as background: background.run_every(5, job, name="sweep")`."""

    def __init__(
        self, *, wedged_after: float = WEDGED_AFTER, when_wedged: Callable[[], None] = _exit_wedged
    ) -> None:
        self._wedged_after = wedged_after
        self._often = min(5.0, wedged_after / 10)
        self._when_wedged = when_wedged
        self._tasks: set[asyncio.Task[None]] = set()
        self._busy_since: dict[str, float] = {}
        self._turned_at = time.monotonic()
        self._stopped = threading.Event()

    async def __aenter__(self) -> Self:
        self._turned_at = time.monotonic()
        self._add(self._turn(), "loop-turns")
        threading.Thread(target=self._watch, name="wedge-watch", daemon=True).start()
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _place: TracebackType | None
    ) -> None:
        self._stopped.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def run_every(self, seconds: float, job: Job, *, name: str) -> None:
        """Runs the job now and then `seconds` after each end; a failing job is tried again ever later."""
        self._add(self._repeat(seconds, job, name), name)

    def _add(self, coroutine: "asyncio._CoroutineLike[None]", name: str) -> None:
        task = asyncio.get_running_loop().create_task(coroutine, name=name)
        self._tasks.add(task)

    async def _repeat(self, seconds: float, job: Job, name: str) -> None:
        failures = 0
        while True:
            self._busy_since[name] = time.monotonic()
            try:
                await job()
                failures = 0
            except Exception:
                failures += 1
                log.exception("job_failed", job=name, failures=failures)
            finally:
                self._busy_since.pop(name, None)
            await asyncio.sleep(_pause(seconds, failures))

    async def _turn(self) -> None:
        while True:
            self._turned_at = time.monotonic()
            await asyncio.sleep(self._often)

    def _watch(self) -> None:
        while not self._stopped.wait(self._often):
            stuck = self.stuck()
            if stuck is not None:
                log.critical("process_wedged", job=stuck, seconds=self._wedged_after)
                self._when_wedged()
                return

    def stuck(self) -> str | None:
        """The job that has not come back in time, or `loop`."""
        before = time.monotonic() - self._wedged_after
        if self._turned_at < before:
            return "loop"
        return next((name for name, since in list(self._busy_since.items()) if since < before), None)


def _pause(seconds: float, failures: int) -> float:
    if failures == 0:
        return seconds
    growing = max(seconds, 0.5) * 2.0 ** min(failures, 10)
    return min(growing, max(seconds, _LONGEST_PAUSE)) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter
