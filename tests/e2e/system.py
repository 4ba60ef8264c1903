"""The containers of the compose file, beside those that somebody may have started of it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from subprocess import CalledProcessError
from typing import Any

import httpx
from testcontainers.compose import DockerCompose

from devstack.journey.http import Addresses, expect
from devstack.ports import Ports
from tests.waiting import eventually

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 90  # seconds for what was away to be whole again


class System:
    """Asked through its published ports; stopped and started in parts by the names of the compose file."""

    def __init__(self, compose: DockerCompose, ports: Ports, http: httpx.AsyncClient) -> None:
        self.addresses = Addresses.of(ports)
        self.http = http
        self._command = compose.docker_compose_command()

    async def compose(self, *arguments: str) -> str:
        return await run(*self._command, *arguments)

    async def ask_inside(self, container: str, script: str, *arguments: str) -> Any:
        """What a script of the folder `inside` says, in JSON, that runs in that container."""
        command = ("docker", "exec", "--interactive", container, "python", "-", *arguments)
        return json.loads(await run(*command, given=script_bytes(script)))

    async def replicas(self, service: str) -> list[str]:
        return (await self.compose("ps", "--quiet", "--all", service)).split()

    async def scale(self, **replicas: int) -> None:
        wanted = [f"--scale={service}={number}" for service, number in replicas.items()]
        await self.compose("up", "--wait", "--no-recreate", *wanted)

    @asynccontextmanager
    async def without(self, service: str) -> AsyncIterator[None]:
        await self.compose("stop", service)
        try:
            yield
        finally:
            await self.compose("start", service)

    async def restart(self, replica: str) -> None:
        """As an upgrade does it: the next one only when this one is whole again."""
        await run("docker", "stop", replica)
        await run("docker", "start", replica)
        await eventually(lambda: is_whole(replica), PATIENCE, every=0.5)

    async def probe(self, service: str, name: str) -> httpx.Response:
        return await self.http.get(f"{getattr(self.addresses, service)}/health/{name}")

    async def status_of(self, service: str, probe: str) -> int:
        try:
            return (await self.probe(service, probe)).status_code
        except httpx.TransportError:
            return 0

    async def metrics(self, service: str) -> str:
        return expect(await self.http.get(f"{getattr(self.addresses, service)}/metrics")).text


def script_bytes(name: str) -> bytes:
    return (REPOSITORY / "tests" / "e2e" / "inside" / f"{name}.py").read_bytes()


async def is_whole(container: str) -> bool:
    """Asked as the engine asks it, but at once."""
    return bool(
        await run("docker", "exec", container, "python", "-m", "servicekit.probe", "/health/pipeline")
    )


async def run(*command: str, given: bytes = b"") -> str:
    """The standard output; what a failed command said is in the error."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=REPOSITORY,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        told, complained = await process.communicate(given)
    finally:
        if process.returncode is None:  # the test has failed meanwhile
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{' '.join(command)}: {complained.decode()[-2000:]}"
    return told.decode()


def settings_file(folder: Path, ports: Ports) -> Path:
    """The variables that give the compose file another name and other ports than those that it documents."""
    chosen = {f"{name.upper()}_PORT": str(port) for name, port in asdict(ports).items()}
    chosen["COMPOSE_PROJECT_NAME"] = "legitka-e2e"
    file = folder / "e2e.env"
    file.write_text("".join(f"{name}={value}\n" for name, value in chosen.items()))
    return file


def keep_logs(compose: DockerCompose) -> None:
    """For whoever looks at a failure after the containers are gone."""
    file = REPOSITORY / ".data" / "e2e.log"
    file.parent.mkdir(exist_ok=True)
    file.write_text(compose.get_logs()[0])


def take_down(compose: DockerCompose) -> None:
    """An older engine may lose count of who is in a network and keep it, empty; a next run uses it again."""
    with suppress(CalledProcessError):
        compose.stop()
    assert compose.get_containers(include_all=True) == []
