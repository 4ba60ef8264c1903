"""Load from outside: a driver in a process of its own asks what was prepared."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from bench.driver import Came
from bench.stacks import REPOSITORY


def request(method: str, url: str, headers: Mapping[str, str], body: str = "") -> str:
    """One request as it goes over the wire."""
    place = urlsplit(url)
    target = place.path + (f"?{place.query}" if place.query else "")
    own = {"Host": place.netloc, "Content-Length": str(len(body.encode()))} | dict(headers)
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in own.items())]
    return "\r\n".join([*lines, "", body])


async def drive(
    url: str, requests: Sequence[str], *, rate: float | None = None, clients: int | None = None
) -> Came:
    """All of them at the server of `url`: so many a second, or by so many clients that never rest."""
    place = urlsplit(url)
    asked = {
        "host": place.hostname,
        "port": place.port,
        "rate": rate,
        "clients": clients,
        "requests": requests,
    }
    driver = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.driver"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    answered, _ = await driver.communicate(json.dumps(asked).encode())
    if driver.returncode:
        raise RuntimeError(f"the driver ended with status {driver.returncode}")
    return Came(**json.loads(answered))


def refuse_failures(came: Came) -> None:
    failed = sum(not 200 <= status < 300 for status in came.statuses)
    if failed:
        raise RuntimeError(f"{failed} of {len(came.statuses)} requests failed: {came.refusals}")
