"""The broker of a stack: the embedded one, or Apache Kafka where the environment says `BROKER=kafka`."""

import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devstack.apache_kafka import start_kafka
from devstack.ports import HOST, free_port
from devstack.processes import stop_process
from devstack.tansu import start_tansu


def is_apache_kafka() -> bool:
    return os.environ.get("BROKER", "") == "kafka"


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def settings(self) -> dict[str, Any]:
        """What its clients must be told (`EventingSettings`); of Apache Kafka only where it is."""
        embedded = {"fetch_max_wait_ms": 10, "broker_tells_exact_ends": False}
        return {"bootstrap_servers": self.address, "create_topics": True} | (
            {} if is_apache_kafka() else embedded
        )


def start_broker(folder: Path, *, port: int | None = None, log: Path | None = None) -> Broker:
    """Apache Kafka goes on with what it finds in the folder; the embedded one always begins empty."""
    port, log = port or free_port(), log or folder / "broker.log"
    process = start_kafka(folder, port, log) if is_apache_kafka() else start_tansu(port, log)
    return Broker(process, port)


def stop_broker(broker: Broker) -> None:
    """At once: nobody needs its log any more, and asked politely it waits for its clients."""
    stop_process(broker.process, by=signal.SIGKILL)
