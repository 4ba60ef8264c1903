"""Wallet and verifier by others, in Node, as `package-lock.json` pins them; and a stack of their own."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from devstack.assets import fetch, is_fetched
from devstack.ports import HOST, free_ports
from devstack.settings import Places
from devstack.stack import Stack
from tests.attester import Attester
from tests.journeys.conftest import REPOSITORY, accounts, addresses, people
from tests.own_address import institutions_in

__all__ = ["accounts", "addresses", "people"]

FOLDER = Path(__file__).parent

Json = dict[str, Any]
Script = Callable[[Json], Awaitable[Json]]


MISSING = next((tool for tool in ("node", "npm") if shutil.which(tool) is None), None)


def require_node() -> None:
    """Called where a module begins, so that all of it is skipped in one line."""
    if MISSING:
        cure = "install Node 20 or newer (Debian, Ubuntu: sudo apt install npm)"
        pytest.skip(f"{MISSING} is missing: {cure}", allow_module_level=True)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Nothing to run for want of Node is no failure."""
    if MISSING and exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
        session.exitstatus = pytest.ExitCode.OK


@pytest.fixture(scope="session", autouse=True)
def packages() -> None:
    if not is_fetched(FOLDER):
        fetch(FOLDER)


@pytest.fixture(scope="session")
def maker() -> Attester:
    return Attester(datetime.now(UTC))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, maker: Attester) -> Iterator[Stack]:
    """Its issuer trusts a maker of wallets to vouch for keys; pwr has an issuer address of its own."""
    folder = tmp_path_factory.mktemp("stack")
    ports = free_ports()
    institutions = institutions_in(folder / "institutions", f"http://{HOST}:{ports.issuer}")
    anchors = folder / "key-attesters.pem"
    anchors.write_bytes(maker.pem)
    trust = {"KEY_ATTESTERS": str(anchors)}
    with Stack(Places(REPOSITORY, folder, institutions), ports, durable=False, settings=trust) as running:
        yield running


@pytest.fixture
def wallet() -> Script:
    return script("wallet.mjs")


@pytest.fixture
def verifier() -> Script:
    return script("verifier.mjs")


def script(name: str) -> Script:
    """A job for a script, and what it answers: what came of it, or `refused` with the reason."""

    async def run(job: Json) -> Json:
        pipe = asyncio.subprocess.PIPE
        node = await asyncio.create_subprocess_exec("node", name, cwd=FOLDER, stdin=pipe, stdout=pipe)
        told, _ = await node.communicate(json.dumps(job).encode())
        assert node.returncode == 0
        return dict(json.loads(told))

    return run
