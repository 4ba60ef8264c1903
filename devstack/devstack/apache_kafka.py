"""Apache Kafka without a container engine: one broker, or a cluster of three whose members die and come back.

Its jars come from Maven (`ops/kafka/pom.xml`) and stay in a cache folder outside the clone.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from devstack.ports import HOST, answers, free_port
from devstack.processes import StackError, plain_environment, start_process, stop_process, wait_until

CONFIGURATION = Path(__file__).resolve().parents[2] / "ops" / "kafka"
CLUSTER_ID = "legitka-in-a-folder-00"  # 22 characters, as Kafka wants it; nothing else joins these brokers
NODES = (1, 2, 3)
CONTROLLER = 9  # of the cluster: apart from its brokers, as Kafka advises

# A broker that lives for minutes: what a better compiler would win comes too late.
COMPILER = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx384m")
LOGGER = "-Dorg.slf4j.simpleLogger"
LOGGING = (
    f"{LOGGER}.defaultLogLevel=warn",
    f"{LOGGER}.showDateTime=true",
    f"{LOGGER}.dateTimeFormat=HH:mm:ss.SSS",
)
JAVA = ("java", *COMPILER, *LOGGING)

Process = subprocess.Popen[bytes]


def jars() -> Path:
    """The folder of Kafka's jars, one for each version, fetched by Maven at the first call."""
    project = CONFIGURATION / "pom.xml"
    version: str = re.findall(r"<kafka\.version>(.+)</kafka\.version>", project.read_text())[0]
    cache = Path(os.environ.get("LEGITKA_CACHE") or Path.home() / ".cache" / "legitka")
    folder = cache / "kafka" / version
    if not folder.is_dir():
        _fetch(project, folder)
    return folder


def _fetch(project: Path, folder: Path) -> None:
    """Fetched beside the folder and renamed: a fetch that was interrupted leaves nothing half done."""
    unfinished = folder.with_name(f"{folder.name}-{uuid4().hex}")
    command = ["mvn", "--batch-mode", "--quiet", "--file", str(project), "dependency:copy-dependencies"]
    try:
        done = subprocess.run(
            [*command, f"-DoutputDirectory={unfinished}"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise StackError("Maven is missing, which fetches Apache Kafka: install it (maven).") from None
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise StackError(f"Maven could not fetch Apache Kafka:\n{(done.stdout + done.stderr)[-2000:]}")
    try:
        unfinished.rename(folder)
    except OSError:  # somebody else was faster
        shutil.rmtree(unfinished)


def start_kafka(folder: Path, port: int, log: Path) -> Process:
    """One broker whose log lies in `folder`; it goes on with the log that it finds there."""
    voters = f"1@{HOST}:{free_port()}"
    process = _launch(folder, _settings(folder, 1, port, voters, ["one"]), log)
    _await(process, port, log)
    return process


def _launch(folder: Path, settings: str, log: Path) -> Process:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "server.properties"
    file.write_text(settings)
    if not (log_of(folder) / "meta.properties").exists():
        _format(file)
    command = [*JAVA, "-cp", f"{jars()}/*", "kafka.Kafka", str(file)]
    return start_process(command, log=log, environment=plain_environment())


def _await(process: Process, port: int, log: Path) -> None:
    wait_until(lambda: answers(port), process=process, name="Apache Kafka", log=log, within=60)


def log_of(folder: Path) -> Path:
    """Where a broker keeps its records and its metadata: its volume."""
    return folder / "log"


def _settings(folder: Path, node: int, port: int | None, voters: str, common: Iterable[str]) -> str:
    """A node that votes is a controller; one with a port for clients is a broker."""
    votes = re.findall(rf"\b{node}@([\w.]+:\d+)", voters)
    speaks = [f"PLAINTEXT://{HOST}:{port}"] if port else []
    own = {
        "node.id": node,
        "process.roles": ",".join(["broker"] * len(speaks) + ["controller"] * len(votes)),
        "listeners": ",".join([*speaks, *(f"CONTROLLER://{address}" for address in votes)]),
        "controller.quorum.voters": voters,
        "log.dirs": log_of(folder),
    }
    if speaks:
        own["advertised.listeners"] = speaks[0]
    shared = [(CONFIGURATION / f"{name}.properties").read_text() for name in common]
    return "\n".join([*shared, *(f"{key}={value}" for key, value in own.items())])


def _format(settings: Path) -> None:
    tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)]
    try:
        done = subprocess.run(
            [*JAVA, "-cp", f"{jars()}/*", *tool], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise StackError("Java is missing, which Apache Kafka needs: install version 17 or newer.") from None
    if done.returncode:
        raise StackError(f"Apache Kafka could not make its log.\n{done.stdout + done.stderr}")


class KafkaCluster:
    """Three brokers below one folder and a controller. Of a topic's three replicas two must have a record."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports = {node: free_port() for node in NODES}
        self._controller_port = free_port()
        self.running: dict[int, Process] = {}

    @property
    def address(self) -> str:
        return ",".join(f"{HOST}:{port}" for port in self._ports.values())

    def start(self, *nodes: int) -> None:
        """Starts brokers together; the controller before the first of them."""
        for node in nodes if CONTROLLER in self.running else (CONTROLLER, *nodes):
            self.running[node] = self._launch(node)
        for node in nodes:
            _await(self.running[node], self._ports[node], self._log(node))

    def _launch(self, node: int) -> Process:
        folder, voters = self._folder / str(node), f"{CONTROLLER}@{HOST}:{self._controller_port}"
        settings = _settings(folder, node, self._ports.get(node), voters, ["one", "three"])
        return _launch(folder, settings, self._log(node))

    def _log(self, node: int) -> Path:
        return self._folder / f"kafka-{node}.log"

    def kill(self, node: int) -> None:
        """SIGKILL, as a machine would go."""
        process = self.running.pop(node)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for node in list(self.running):
            stop_process(self.running.pop(node), by=signal.SIGKILL)


if __name__ == "__main__":
    try:
        print(f"Apache Kafka {jars().name} in {jars()}")
    except StackError as error:
        sys.exit(f"legitka: {error}")
