"""`python -m devstack demo` walks the journey and stays up; `run` starts the stack alone.

`shell` opens one with the settings of a service (SERVICE=ordering) of the running stack, `env` prints them.
PORTS=+1000 moves all ports, and TLS=1 makes addresses https, each with data of its own; RESET=1 forgets the
data of earlier runs first.
"""

import errno
import os
import signal
import sys
import time
from pathlib import Path
from typing import NoReturn

import httpx
from rich.console import Console

from devstack.demo import demonstrate, stay_up
from devstack.journey.http import JourneyError
from devstack.ports import PortBusy, Ports, WrongOffset, moved_ports, over_tls
from devstack.processes import StackError
from devstack.settings import Places, is_set
from devstack.shell import open_shell, print_settings
from devstack.stack import Stack, forget

REPOSITORY = Path(__file__).resolve().parents[2]


def main(command: str, rest: list[str]) -> int:
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, _end_once)
    try:
        places, ports = chosen(os.environ.get("PORTS", ""), tls=is_set("TLS"))
        if command in WITH_A_STACK:
            return _run_stack(command, places, ports)
        return WITH_A_RUNNING_STACK[command](places, ports, rest)
    except (StackError, PortBusy, WrongOffset, JourneyError, httpx.HTTPError) as error:
        return _say(str(error) or repr(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _say(f"The disk of {REPOSITORY} is full. Make room (RESET=1 forgets earlier runs).")


def chosen(offset: str, *, tls: bool) -> tuple[Places, Ports]:
    """Keys and addresses belong together: moved ports have data of their own, and so has TLS."""
    ports = moved_ports(offset or "0")
    moved = f"{int(offset or 0):+}".replace("+0", "")
    places = Places(REPOSITORY, REPOSITORY / f".data{moved}{'-tls' if tls else ''}")
    return places, over_tls(ports) if tls else ports


def _run_stack(command: str, places: Places, ports: Ports) -> int:
    if is_set("RESET"):
        forget(places.data)
    console, begun = Console(), time.monotonic()
    data = os.path.relpath(places.data, REPOSITORY)
    stack = Stack(places, ports, tell=lambda what: console.print(f"{what} …", style="dim"))
    try:
        with stack:
            took = time.monotonic() - begun
            console.print(f"Started in {took:.0f} s. Logs: {data}/logs", style="dim")
            status = WITH_A_STACK[command](stack, console)
    except KeyboardInterrupt:
        status = 0
    console.print(f"Stopped; the data are in {data}", soft_wrap=True)
    return status


def _end_once(*_: object) -> NoReturn:
    """Stopping takes a moment; a second Ctrl-C must not leave something half stopped."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    print("\nStopping …", flush=True)
    raise KeyboardInterrupt


def _say(text: str) -> int:
    print(f"legitka: {text}", file=sys.stderr)
    return 1


WITH_A_STACK = {"demo": demonstrate, "run": stay_up}
WITH_A_RUNNING_STACK = {"shell": open_shell, "env": print_settings}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
