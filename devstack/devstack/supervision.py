"""Keeps a stack up that people click through: a lost part is started again, and each time is told.

Tests do without: they want to know when a part ends.
"""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import NoReturn

from devstack.processes import StackError, how_it_ended, last_words
from devstack.stack import Stack

LOOK = 0.5  # seconds between two looks
MINUTE = 60
TOO_OFTEN = 5  # losses of one part in a minute
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


class Supervisor:
    """`look` starts lost parts again, and raises `StackError` when one is lost five times in a minute."""

    def __init__(
        self,
        stack: Stack,
        tell: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.stack = stack
        self.tell = tell
        self.clock = clock
        self.sleep = sleep
        self.losses: defaultdict[str, list[float]] = defaultdict(list)

    def look(self) -> bool:
        """Whether nothing was lost."""
        lost = self.stack.lost()
        for name, status in lost.items():
            self._start_again(name, how_it_ended(status))
        return not lost

    def watch(self, seconds: float) -> bool:
        """Looks again and again for so long; whether nothing was lost meanwhile."""
        whole, deadline = True, self.clock() + seconds
        while self.clock() < deadline:
            whole = self.look() and whole
            self.sleep(LOOK)
        return whole

    def stay(self) -> NoReturn:
        while True:
            self.watch(MINUTE)

    def _start_again(self, name: str, how: str) -> None:
        lost_at, why = self.clock(), how
        while True:
            self.sleep(self._pause_after_loss(name, why))
            try:
                self.stack.start_again(name)
            except StackError as error:
                why = str(error).partition("\n")[0]
            else:
                break
        self.tell(f"{name} ended ({how}); started again in {self.clock() - lost_at:.1f} s")

    def _pause_after_loss(self, name: str, why: str) -> float:
        now = self.clock()
        recent = [moment for moment in self.losses[name] if now - moment < MINUTE]
        self.losses[name] = [*recent, now]
        if len(recent) + 1 >= TOO_OFTEN:
            words = last_words(self.stack.log(name))
            raise StackError(
                f"{name} ended {TOO_OFTEN} times within a minute, the last time: {why}.\n{words}"
            )
        return min(FIRST_PAUSE * 2.0 ** len(recent), LONGEST_PAUSE)


def watch_strictly(stack: Stack, seconds: float) -> bool:
    """Passes the seconds; the first lost part ends it with `StackError`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        stack.check()
        time.sleep(LOOK)
    return True
