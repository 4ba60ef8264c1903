"""Child processes of the embedded stack: started with a log file, waited for, ended for certain."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from devstack.tether import tethered


class StackError(Exception):
    """A part of the stack did not start or has ended; the text names it and shows its last words."""


def start_process(
    command: list[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    ends_by: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """Starts a process that ends by `ends_by` when this one ends, whatever the reason.

    It has a session of its own: a Ctrl-C in the terminal reaches the supervisor alone.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            tethered(command, ends_by=ends_by),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=None if environment is None else dict(environment),
            start_new_session=True,
        )


def stop_process(
    process: subprocess.Popen[bytes], *, by: signal.Signals = signal.SIGTERM, within: float = 10
) -> None:
    """Asks the process to end, kills it when it does not within the given seconds."""
    if process.poll() is not None:
        return
    process.send_signal(by)
    try:
        process.wait(within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def wait_until(
    condition: Callable[[], bool], *, process: subprocess.Popen[bytes], name: str, log: Path, within: float
) -> None:
    """Waits for the condition, and says what went wrong when the process ends first or takes too long."""
    deadline = time.monotonic() + within
    while not condition():
        if process.poll() is not None:
            raise StackError(f"{name} ended ({how_it_ended(process.returncode)}).\n{last_words(log)}")
        if time.monotonic() > deadline:
            raise StackError(f"{name} was not ready after {within:.0f} s.\n{last_words(log)}")
        time.sleep(0.02)


def how_it_ended(status: int) -> str:
    """`SIGKILL` or `status 3`."""
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"status {status}"


def last_words(log: Path, lines: int = 15) -> str:
    try:
        text = log.read_text(errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join([f"The end of {log}:", *text.splitlines()[-lines:]])


def plain_environment() -> dict[str, str]:
    """What a child needs of our environment; its settings are given to it one by one."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"PYTHONUNBUFFERED": "1"}
