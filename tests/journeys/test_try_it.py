"""The pages that show an API call by call, done to the letter."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from devstack.ports import Ports
from devstack.stack import Stack
from tests.journeys.conftest import REPOSITORY, People

PORTS = {8001: "ordering", 8003: "notifier", 8004: "wallet"}

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="the page is written for curl")


def commands(page: str, ports: Ports) -> str:
    """All commands of the page, for other ports."""
    text = (REPOSITORY / "docs" / page).read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    return re.sub(
        r"localhost:(\d+)", lambda found: f"localhost:{getattr(ports, PORTS[int(found[1])])}", script
    )


async def run(script: str, folder: Path) -> str:
    bash = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-o", "pipefail", "-c", script, cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    told = (await bash.communicate())[0].decode()
    assert bash.returncode == 0
    return told


async def test_every_call_of_a_student_works_as_it_stands(
    stack: Stack, people: People, tmp_path: Path
) -> None:
    subject = people.accounts.pop(0).subject

    told = await run(
        re.sub(r"STUDENT=\S+", f"STUDENT={subject}", commands("try-it.md", stack.ports)), tmp_path
    )

    assert '"may_order":true' in told
    assert '"status":"READY"' in told
    assert "credential_identifiers" in told
    assert "ready_to_activate" in told
    assert '"status":"CANCELLED"' in told
    assert (tmp_path / "qr.svg").read_text().startswith("<")


async def test_every_call_of_the_office_works_as_it_stands(
    stack: Stack, people: People, tmp_path: Path
) -> None:
    student = await people.student_called("kacper.wojcik2")
    phone = await people.phone()
    order = await student.wait_for((await student.place_order())["order_id"], "READY")
    await phone.activate(order["activation"]["qr_payload"], order["activation"]["activation_code"])
    await student.wait_for(order["order_id"], "ACTIVATED")

    told = await run(commands("clerk.md", stack.ports), tmp_path)

    assert '"code":"CARD_STANDS"' in told
    assert told.index('"office_hold":true') < told.rindex('"office_hold":false')
    assert '"consents"' in (tmp_path / "legitka.json").read_text()
    assert '"status":"previewed","cards":1' in told
    assert '"status":"done","cards":1,"asked":1,"answered":1,"extended":1' in told
    assert '"left_out":{"unknown":1}' in told
