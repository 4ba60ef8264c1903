"""The system in containers, and students who have not been taken by another test."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest
from testcontainers.compose import DockerCompose

from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import new_http
from devstack.ports import Ports, free_ports
from tests.e2e.system import REPOSITORY, System, keep_logs, settings_file, take_down
from tests.journeys.conftest import People

# Before any test imports them; the browser tests name theirs themselves.
pytest.register_assert_rewrite("tests.e2e.crowd", "tests.browser.pages", "tests.browser.verifier.checking")


@pytest.fixture(scope="session")
def ports() -> Ports:
    return free_ports()


@pytest.fixture(scope="session")
def compose(tmp_path_factory: pytest.TempPathFactory, ports: Ports) -> Iterator[DockerCompose]:
    settings = settings_file(tmp_path_factory.mktemp("e2e"), ports)
    containers = DockerCompose(REPOSITORY, build=True, wait=True, env_file=str(settings))
    take_down(containers)  # what an interrupted run has left
    try:
        containers.start()
        yield containers
    finally:
        keep_logs(containers)
        take_down(containers)


@pytest.fixture(scope="session")
async def system(compose: DockerCompose, ports: Ports) -> AsyncIterator[System]:
    async with new_http() as http:
        yield System(compose, ports, http)


@pytest.fixture(scope="session")
def accounts() -> list[Account]:
    return those_who_may_order()


@pytest.fixture
async def people(system: System, accounts: list[Account]) -> AsyncIterator[People]:
    async with AsyncExitStack() as clients:
        yield People(system.addresses, accounts, clients)
