"""Memory and processor time of the stack: its processes and theirs, this one not counted."""

import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Self

import psutil

STEP = 0.5  # seconds between two looks
BUSY = 1.5  # a load average that the stack alone does not reach


@dataclass(frozen=True, slots=True)
class Rest:
    """Processor time used in a quiet stretch."""

    seconds: float
    processor_seconds: float

    @property
    def percent_of_a_core(self) -> float:
        return 100 * self.processor_seconds / self.seconds


class MemoryMeter:
    """Looks at the memory of some processes twice a second, and remembers the peak; a context manager."""

    def __init__(self, roots: Callable[[], Iterable[int]]) -> None:
        self.roots = roots
        self.peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.peak = max(self.peak, memory_of(self.roots()))
            if self._ended.wait(STEP):
                return


def memory_of(roots: Iterable[int]) -> int:
    """Bytes in memory; what several processes share counts once (PSS), where the system can tell."""
    return sum(_memory(process) for process in _family(roots))


def processor_seconds_of(roots: Iterable[int]) -> float:
    """With the time of children that have ended, so that none is lost between two readings."""
    total = 0.0
    for process in _family(roots):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def _family(roots: Iterable[int]) -> list[psutil.Process]:
    family = []
    for pid in roots:
        try:
            root = psutil.Process(pid)
            family += [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    return family


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.uss))
    except psutil.NoSuchProcess:
        return 0
    except psutil.AccessDenied:
        return int(process.memory_info().rss)


def busy_machine() -> str:
    """What to add to a figure that is worse than it should be, where others use the machine, too."""
    load = os.getloadavg()[0]
    return f"; load average is {load:.1f}: measure again on an idle machine" if load > BUSY else ""
