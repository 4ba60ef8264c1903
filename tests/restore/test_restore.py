"""A crash, and databases restored to an instant before it: what was acknowledged by then is there, and the
printed list of what could not be healed is the true difference."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from devstack.accounts import those_who_may_order
from devstack.journey.cards import read_status
from devstack.journey.http import new_http
from devstack.ports import free_port, free_ports
from devstack.postgres import Postgres
from devstack.processes import stop_process
from devstack.settings import SERVICES, Places
from devstack.stack import Stack
from tests.restore.cluster import Archived, crash, start
from tests.restore.history import (
    PATIENCE,
    Departures,
    History,
    Numbers,
    Traveller,
    all_is_heard,
    make_history,
    orphans_of,
    published_by,
    travellers,
)
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(240)

REPOSITORY = Path(__file__).resolve().parents[2]
LINE = re.compile(r"(\S+)  (\S+)  number (\d+)  \S.*")


@dataclass
class Crashed:
    """All services and the database server are gone; the broker of before still has its log."""

    stack: Stack
    archive: Archived
    history: History
    departures: Departures
    databases: dict[str, str]
    old_broker: int


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stack, Archived]]:
    """A stack whose cluster has a base backup, and keeps the WAL since."""
    places = Places(REPOSITORY, tmp_path_factory.mktemp("crashed"))
    archive = Archived(places.data)
    with pytest.MonkeyPatch.context() as settings:
        archive.keep_wal(settings)
        with Stack(places, free_ports(), durable=False) as stack:
            assert stack.postgres is not None
            archive.back_up(stack.postgres)
            yield stack, archive


@pytest.fixture(scope="module")
async def crashed(backed_up: tuple[Stack, Archived]) -> AsyncIterator[Crashed]:
    stack, archive = backed_up
    assert stack.postgres is not None
    async with travellers(stack, those_who_may_order()) as departures:
        history = await make_history(stack, departures)
        await archive.finish(stack.postgres)
        for service in SERVICES:
            stack.kill(service)
        crash(stack.postgres)
        old_broker = stack.running.pop("broker")
        yield Crashed(stack, archive, history, departures, dict(stack.databases), stack.ports.broker)
        stop_process(old_broker)


@pytest.mark.parametrize("old_log", [False, True], ids=["emptied", "old-log"])
@pytest.mark.parametrize("older", [SERVICES, ("ordering",), ("issuer",)], ids=["all", "ordering", "issuer"])
async def test_what_was_acknowledged_is_there_and_the_list_is_the_true_difference(
    crashed: Crashed, tmp_path: Path, older: tuple[str, ...], old_log: bool
) -> None:
    with databases_of(crashed, tmp_path, older) as databases:
        lost = await _lost(crashed.history, databases, older)
        nobody_left_to_tell = older == SERVICES and not old_log

        told = _tell_restored(crashed, tmp_path, older, old_log=old_log)

        assert told == (set() if nobody_left_to_tell else lost)
        with serving(crashed):
            await crashed.history.waiting.reach("READY")
            await _check_cards(crashed, older, old_log=old_log)
            await _check_that_life_goes_on(crashed, databases)
            known_to_issuer_alone = "ordering" in older and ("issuer" not in older or old_log)
            unknown = {crashed.history.late.order_id} if known_to_issuer_alone else set()
            assert await orphans_of(databases) == unknown
    assert lost


async def test_a_database_that_is_still_being_restored_is_not_asked(crashed: Crashed, tmp_path: Path) -> None:
    crashed.archive.restored(tmp_path / "standby", crashed.history.instant, promoted=False)
    server = start(tmp_path / "standby")
    try:
        url = _moved(crashed.databases["issuer"], server)
        for command in (["heard"], ["restored", "--to", crashed.history.instant.isoformat()]):
            refused = _run(crashed, "issuer", *command, DATABASE_URL=url)
            assert refused.returncode != 0
            assert "still being restored: wait" in refused.stderr
    finally:
        crash(server)


@contextmanager
def databases_of(crashed: Crashed, folder: Path, older: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The older databases as they were at the instant, the others as the crash has left them."""
    crashed.archive.restored(folder / "older", crashed.history.instant)
    servers = [start(folder / "older")]
    if older != SERVICES:
        crashed.archive.copy_of_live(folder / "newer")
        servers.append(start(folder / "newer"))
    try:
        for service, url in crashed.databases.items():
            crashed.stack.databases[service] = _moved(url, servers[0 if service in older else -1])
        yield crashed.stack.databases
    finally:
        for server in servers:
            crash(server)


def _moved(url: str, server: Postgres) -> str:
    return url.replace(f":{urlsplit(url).port}/", f":{server.port}/")


async def _lost(history: History, databases: dict[str, str], older: tuple[str, ...]) -> Numbers:
    """What was published until the crash and is in no database any more."""
    left = await published_by(databases)
    return set(chain.from_iterable(history.published[service] - left[service] for service in older))


def _tell_restored(crashed: Crashed, folder: Path, older: tuple[str, ...], *, old_log: bool) -> Numbers:
    """As an operator would: ask everybody what was heard, and tell those that were restored."""
    files = [folder / f"{service}.heard" for service in SERVICES]
    for service, file in zip(SERVICES, files, strict=True):
        file.write_text(_command(crashed, service, "heard"))
    arguments = ["--to", crashed.history.instant.isoformat(), "--heard", *map(str, files)]
    arguments += ["--old-log"] if old_log else []
    printed = [_command(crashed, service, "restored", *arguments) for service in older]
    found = [LINE.fullmatch(line) for line in "\n".join(printed).splitlines()]
    return {(line[1], line[2], int(line[3])) for line in found if line}


def _command(crashed: Crashed, service: str, *arguments: str) -> str:
    done = _run(crashed, service, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _run(
    crashed: Crashed, service: str, *arguments: str, **settings: str
) -> subprocess.CompletedProcess[str]:
    settings |= {"KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{crashed.old_broker}"}
    return subprocess.run(
        [sys.executable, "-m", service, *arguments],
        env=crashed.stack._settings(service) | settings,
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def serving(crashed: Crashed) -> Iterator[None]:
    """All services, on a broker that is empty."""
    crashed.stack.ports = replace(crashed.stack.ports, broker=free_port())
    try:
        crashed.stack.start("broker")
        crashed.stack.start(*SERVICES)
        yield
    finally:
        for name in ("broker", *SERVICES):
            if name in crashed.stack.running:
                crashed.stack.kill(name)


async def _check_cards(crashed: Crashed, older: tuple[str, ...], *, old_log: bool) -> None:
    """No card is valid that the issuer does not know, and what it can know is as it was."""
    history, issuer_knows = crashed.history, "issuer" not in older
    knows_request = old_log or older != SERVICES
    expected = {
        "frozen": "suspended" if knows_request else "valid",
        "offered": "valid" if issuer_knows or old_log else "revoked",
        "late": "valid" if issuer_knows else "revoked",
    }

    async def as_expected() -> bool:
        seen = {name: await _status(getattr(history, name)) for name in expected}
        assert seen == expected
        return True

    await eventually(as_expected, PATIENCE, every=0.5)
    if knows_request:
        await eventually(history.frozen._is_frozen, PATIENCE, every=0.2)


async def _status(traveller: Traveller) -> str:
    assert traveller.card is not None
    async with new_http() as http:
        return await read_status(traveller.card, http)


async def _check_that_life_goes_on(crashed: Crashed, databases: dict[str, str]) -> None:
    newcomer = await crashed.departures.leave()
    await newcomer.reach("READY")
    await newcomer.activate()
    await eventually(lambda: all_is_heard(databases), PATIENCE, every=0.2)
