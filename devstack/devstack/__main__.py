"""`python -m devstack demo` walks the journey and stays up; `run` starts the stack alone."""

import errno
import os
import signal
import sys
from pathlib import Path

import httpx

from devstack.demo import demonstrate, stay_up
from devstack.journey.http import JourneyError
from devstack.ports import PortBusy
from devstack.processes import StackError
from devstack.settings import Places
from devstack.stack import Stack, forget

REPOSITORY = Path(__file__).resolve().parents[2]


def main(command: str) -> int:
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: sys.exit(0))
    places = Places(REPOSITORY, REPOSITORY / ".data")
    if os.environ.get("RESET", "") not in ("", "0"):
        forget(places.data)
    try:
        with Stack(places) as stack:
            return COMMANDS[command](stack)
    except KeyboardInterrupt:
        return 0
    except (StackError, PortBusy, JourneyError, httpx.HTTPError) as error:
        return _say(str(error) or repr(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _say(f"The disk of {REPOSITORY} is full. Make room (RESET=1 forgets earlier runs).")


def _say(text: str) -> int:
    print(f"legitka: {text}", file=sys.stderr)
    return 1


COMMANDS = {"demo": demonstrate, "run": stay_up}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
