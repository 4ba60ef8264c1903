"""`python -m bench.flames`: what each service does while orders come by HTTP, as flame graphs.

py-spy looks at the running services from outside, so that they are not slowed down. It reads the memory of
other processes: root may, and whoever started them where the kernel lets one trace one's own.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, Process
from pathlib import Path

from bench.sections.load import WARM_UP, load
from bench.stacks import NOTHING_IS_SENT, REPOSITORY, WHEN_COMMITTED, new_stack
from devstack.settings import SERVICES
from devstack.stack import Stack

RATE, SECONDS = 150, 12  # orders a second, for so long; the looks end before
LOOKS = 250  # a second
FOLDER = REPOSITORY / "docs" / "benchmarks"


async def draw(stack: Stack) -> None:
    await load(stack, RATE, WARM_UP)
    drawing = [await _begin(stack.running[name].pid, f"flames-{name}.svg") for name in SERVICES]
    await load(stack, RATE, SECONDS)
    for process in drawing:
        if await process.wait():
            raise RuntimeError("py-spy may not look at the services: run this as root")


async def _begin(pid: int, file: str) -> Process:
    """Only of threads that run Python, not of those that wait. The command is the heading of the graph."""
    options = ["--gil", "--rate", str(LOOKS), "--duration", str(SECONDS), "--output", file]
    command = ["py-spy", "record", "--pid", str(pid), *options]
    own = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    return await asyncio.create_subprocess_exec(*command, cwd=FOLDER, env=own, stdout=DEVNULL, stderr=DEVNULL)


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    with new_stack("flames", NOTHING_IS_SENT, WHEN_COMMITTED) as stack:
        asyncio.run(draw(stack))


if __name__ == "__main__":
    main()
