"""Services of this release and of the next one work side by side, while one after the other is replaced."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import Addresses, new_http
from devstack.journey.student import StudentClient
from devstack.ports import free_port, free_ports
from devstack.processes import start_process, stop_process
from devstack.settings import Places
from devstack.stack import Stack
from tests.upgrade.next_release import FIELD, SAID, make_next_release
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(240)

REPOSITORY = Path(__file__).resolve().parents[2]
PATIENCE = 90


@dataclass
class Upgrade:
    """A stack of this release, and processes of the next one beside it."""

    stack: Stack
    next_release: Path
    clients: AsyncExitStack
    accounts: list[Account]
    running: dict[str, subprocess.Popen[bytes]]
    ordering: str = ""

    def start_next(self, service: str) -> None:
        """A replica of the next release, beside the one of this release."""
        port = free_port()
        process = self._start(service, service, HTTP_PORT=str(port))
        self.running[service] = process
        if service == "ordering":
            self.ordering = f"http://localhost:{port}"

    def note(self, order_id: str) -> None:
        """The next release of ordering publishes an event of the new type."""
        process = self._start("ordering", "note", order_id)
        assert process.wait(60) == 0

    def stop_this(self, service: str) -> None:
        """The replica of this release leaves, as it does when it is replaced."""
        stop_process(self.stack.running.pop(service))

    def _start(self, service: str, *arguments: str, **settings: str) -> "subprocess.Popen[bytes]":
        environment = self.stack._settings(service) | {"PYTHONPATH": str(self.next_release)} | settings
        command = [sys.executable, "-m", "next_release", *arguments]
        return start_process(
            command, log=self.stack.places.log(f"next-{arguments[0]}"), environment=environment
        )

    async def place_order(self, *, at_next: bool) -> tuple[StudentClient, str]:
        addresses = Addresses.of(self.stack.ports)
        if at_next:
            addresses = replace(addresses, ordering=self.ordering)
        student = await StudentClient.sign_in(addresses, self.accounts.pop(0).subject)
        await self.clients.enter_async_context(student)
        return student, (await student.place_order())["order_id"]

    async def rows(self, service: str, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        connection = await asyncpg.connect(self.stack.databases[service])
        try:
            return [tuple(row) for row in await connection.fetch(query, *arguments)]
        finally:
            await connection.close()

    async def waits(self, service: str, order_id: str) -> list[tuple[Any, ...]]:
        query = "select number, reason from waiting where key = $1 order by number"
        return await self.rows(service, query, order_id)

    async def noted(self, service: str) -> list[str]:
        rows = await self.rows(service, "select order_id::text from noted order by 1")
        return [order_id for (order_id,) in rows]


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    with Stack(Places(REPOSITORY, tmp_path / "stack"), free_ports(), durable=False) as running:
        yield running


@pytest.fixture
async def upgrade(stack: Stack, tmp_path: Path) -> AsyncIterator[Upgrade]:
    async with AsyncExitStack() as clients:
        folder = make_next_release(tmp_path / "next")
        upgrading = Upgrade(stack, folder, clients, those_who_may_order(), {})
        for service in ("issuer", "notifier"):
            await upgrading.rows(service, "create table noted (order_id uuid)")
        yield upgrading
        for process in upgrading.running.values():
            stop_process(process)


async def test_services_of_two_releases_work_side_by_side(upgrade: Upgrade) -> None:
    upgrade.start_next("ordering")
    await eventually(lambda: _is_ready(upgrade.ordering), PATIENCE, every=0.2)
    upgrade.stop_this("ordering")

    student, order_id = await upgrade.place_order(at_next=True)
    await eventually(lambda: _has(student, order_id, "READY"), PATIENCE, every=0.2)
    body = await upgrade.rows(
        "ordering", "select convert_from(body, 'UTF8') from events where key = $1", order_id
    )
    assert f'"{FIELD}":"{SAID}"' in body[0][0]

    upgrade.note(order_id)
    await student.request_new_code(order_id)
    for service in ("issuer", "notifier"):
        await eventually(partial(_first_waits, upgrade, service, order_id), PATIENCE, every=0.2)
    another, other_order = await upgrade.place_order(at_next=True)
    await eventually(lambda: _has(another, other_order, "READY"), PATIENCE, every=0.2)

    for service in ("issuer", "notifier"):
        upgrade.start_next(service)
    upgrade.note(other_order)
    orders = order_id, other_order
    for service in ("issuer", "notifier"):
        upgrade.stop_this(service)

    for service in ("issuer", "notifier"):
        await eventually(partial(_all_noted, upgrade, service, *orders), PATIENCE, every=0.2)
    await eventually(lambda: _is_offered_again(upgrade, order_id), PATIENCE, every=0.2)
    for service in ("issuer", "notifier"):
        assert await upgrade.waits(service, order_id) == []


async def _is_ready(url: str) -> bool:
    async with new_http() as http:
        try:
            return (await http.get(f"{url}/health/ready")).is_success
        except httpx.TransportError:
            return False


async def _has(student: StudentClient, order_id: str, status: str) -> bool:
    return bool((await student.order(order_id))["status"] == status)


async def _first_waits(upgrade: Upgrade, service: str, order_id: str) -> bool:
    """The unknown type waits, and what comes after it behind it."""
    return [reason for _, reason in await upgrade.waits(service, order_id)] == ["unknown_type", "gap"]


async def _all_noted(upgrade: Upgrade, service: str, *order_ids: str) -> bool:
    return await upgrade.noted(service) == sorted(order_ids)


async def _is_offered_again(upgrade: Upgrade, order_id: str) -> bool:
    return await upgrade.rows("ordering", "select offered from orders where order_id = $1", order_id) == [
        (2,)
    ]
