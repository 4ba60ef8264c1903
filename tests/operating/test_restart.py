"""The stack may be stopped at any time: its data stay, and what was under way goes on."""

import asyncio
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import Addresses
from devstack.journey.student import Json, StudentClient
from devstack.ports import free_ports
from devstack.settings import Places
from devstack.stack import Stack
from tests.journeys.conftest import REPOSITORY

pytestmark = pytest.mark.timeout(180)


def test_an_order_that_was_under_way_is_ready_after_a_restart(tmp_path: Path) -> None:
    places, ports = Places(REPOSITORY, tmp_path / "a folder with spaces"), free_ports()
    addresses, account = Addresses.of(ports), those_who_may_order()[0]
    with Stack(places, ports) as stack:
        stack.kill("issuer")
        order = asyncio.run(_place(addresses, account))

    with Stack(places, ports):
        ready = asyncio.run(_wait(addresses, account, order["order_id"]))

    assert ready["activation"]["attempts_left"] == 5


async def _place(addresses: Addresses, account: Account) -> Json:
    async with await StudentClient.sign_in(addresses, account.subject) as student:
        return await student.place_order()


async def _wait(addresses: Addresses, account: Account, order_id: str) -> Json:
    async with await StudentClient.sign_in(addresses, account.subject) as student:
        return await student.wait_for(order_id, "READY")


def test_nothing_survives_a_killed_supervisor(tmp_path: Path) -> None:
    supervisor = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(tmp_path)], stdout=subprocess.PIPE)
    assert supervisor.stdout is not None
    assert supervisor.stdout.readline() == b"up\n"
    parts = psutil.Process(supervisor.pid).children(recursive=True)

    supervisor.kill()
    supervisor.communicate()
    _, alive = psutil.wait_procs(parts, timeout=20)

    assert len(parts) > 8
    assert not alive


SUPERVISOR = """
import sys, time
from pathlib import Path
from devstack.ports import free_ports
from devstack.settings import Places
from devstack.stack import Stack

with Stack(Places(Path.cwd(), Path(sys.argv[1])), free_ports(), durable=False):
    print("up", flush=True)
    time.sleep(60)
"""
