"""What whoever uses the stack by hand relies on: who signs in, lost parts, a service's settings, the end."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from devstack.accounts import all_accounts
from devstack.journey.http import Addresses
from devstack.shell import settings_of_running
from devstack.showing import show_people, state_of
from devstack.stack import Stack
from devstack.supervision import Supervisor
from tests.journeys.conftest import People

pytestmark = pytest.mark.timeout(180)


def test_students_are_shown_with_where_they_sign_in_and_clerks_are_not(
    stack: Stack, addresses: Addresses
) -> None:
    console = Console(file=io.StringIO(), width=120)

    show_people(console, addresses)

    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert f"{addresses.ordering}/signin" in told
    assert all(
        (account.subject in told) is not account.is_clerk for account in all_accounts() if account.shown
    )
    assert "refused: suspended, without photo, data changed" in told


async def test_a_student_is_fresh_until_the_first_order(addresses: Addresses, people: People) -> None:
    student, account = await people.student()
    before = await state_of(addresses, account)
    order = await student.place_order()
    ordered = await state_of(addresses, account)
    ready = await student.wait_for(order["order_id"], "READY")
    phone = await people.phone()
    await phone.activate(ready["activation"]["qr_payload"], ready["activation"]["activation_code"])
    await student.wait_for(order["order_id"], "ACTIVATED")

    assert "fresh" in before
    assert ordered == "has an order"
    assert await state_of(addresses, account) == "has a card: active"


@pytest.mark.parametrize("part", ["wallet", "broker", "postgres"])
def test_a_part_that_is_killed_is_started_again(stack: Stack, part: str) -> None:
    assert stack.postgres is not None
    process = stack.postgres.process if part == "postgres" else stack.running[part]
    process.kill()
    process.wait()
    told: list[str] = []

    whole = Supervisor(stack, told.append).look()

    assert not whole
    assert [line.partition(";")[0] for line in told] == [f"{part} ended (SIGKILL)"]
    assert stack.lost() == {}


def test_commands_of_a_service_work_with_the_settings_of_the_running_one(stack: Stack) -> None:
    settings = settings_of_running("ordering", stack.places, stack.ports)

    asked = subprocess.run(
        [sys.executable, "-m", "ordering", "dead-letters", "list"],
        env=settings,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (asked.returncode, asked.stderr) == (0, "")


def test_ctrl_c_ends_it_in_order(tmp_path: Path) -> None:
    by_hand = subprocess.Popen(
        [sys.executable, "-c", BY_HAND, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert by_hand.stdout is not None
    while "Everything is up" not in (line := by_hand.stdout.readline()):
        assert line

    by_hand.send_signal(signal.SIGINT)
    *_, last = by_hand.communicate()[0].splitlines()

    assert last.startswith("Stopped; the data are in ")
    assert by_hand.returncode == 0


BY_HAND = """
import sys
from pathlib import Path
from devstack import __main__ as command
from devstack.ports import free_ports
from devstack.settings import Places

command.chosen = lambda _offset, tls: (Places(Path.cwd(), Path(sys.argv[1])), free_ports())
sys.exit(command.main("run", []))
"""
