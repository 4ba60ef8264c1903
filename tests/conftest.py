"""What every test may ask for: a real PostgreSQL, a real broker, development keys."""

import gc
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from devstack.broker import Broker, start_broker, stop_broker
from devstack.postgres import Postgres, start_postgres, stop_postgres
from servicekit.database import connect_pool
from servicekit.keys import create_development_keys
from tests.databases import Database, Templates
from tests.mutants import summary_of, was_noticed

ISSUER_PUBLIC_URL = "http://localhost:8002"
INSTITUTIONS = ("umcs", "pwr")

MakeDatabase = Callable[[str], Awaitable[Database]]


class FilesOfJourneysTogether(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """A file of journeys shares a whole stack, so that one worker takes all of it; these files come first."""

    def _split_scope(self, nodeid: str) -> str:
        whole = nodeid.startswith(("tests/browser/", "tests/journeys/", "tests/operating/", "tests/restore/"))
        return nodeid.partition("::")[0] if whole else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return FilesOfJourneysTogether(config, log)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    server = start_postgres(folder, durable=False)
    yield server
    stop_postgres(server)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def templates(postgres: Postgres) -> Templates:
    return Templates(postgres)


@pytest.fixture
async def database(templates: Templates) -> AsyncIterator[MakeDatabase]:
    """`await database("ordering")` gives a fresh database of that service and a pool on it."""
    made: list[Database] = []

    async def make(service: str) -> Database:
        url = await templates.clone(service)
        made.append(Database(url, await connect_pool(url, service)))
        return made[-1]

    yield make
    for each in made:
        each.pool.terminate()
        await templates.drop(each.url)


def pytest_report_teststatus(
    report: pytest.TestReport | pytest.CollectReport,
) -> tuple[str, str, str] | None:
    """A mutant that was noticed is no failure that somebody has to look at."""
    return ("mutants noticed", "m", "NOTICED") if was_noticed(report) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    stats = terminalreporter.stats
    summary = summary_of(len(stats.get("mutants noticed", ())), stats.get("failed", ()))
    if summary:
        terminalreporter.write_line(summary)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--on-a-broker", action="store_true", help="only tests that a broker takes part in")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--on-a-broker"):
        return
    chosen = [item for item in items if {"broker", "stack"} & set(getattr(item, "fixturenames", ()))]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A broker of the test's own, with an empty log."""
    running = start_broker(tmp_path)
    yield running
    stop_broker(running)


@pytest.fixture(scope="session")
def keys_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    create_development_keys(folder, {each: f"{ISSUER_PUBLIC_URL}/t/{each}" for each in INSTITUTIONS})
    return folder


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no look for garbage needs to go through it again."""
    gc.collect()
    gc.freeze()
