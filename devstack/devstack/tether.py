"""Starts a command that ends when its parent ends: `python tether.py <parent pid> <signal> <command> …`.

Imports the standard library only, so that it costs a few milliseconds and becomes the command itself.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1


def tethered(command: list[str], *, ends_by: signal.Signals = signal.SIGKILL) -> list[str]:
    return [sys.executable, "-S", "-E", str(Path(__file__)), str(os.getpid()), str(int(ends_by)), *command]


def main(parent: int, ends_by: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, ends_by)
    if os.getppid() != parent:
        sys.exit(1)
    os.execvp(command[0], command)  # noqa: S606  (the command is ours)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
