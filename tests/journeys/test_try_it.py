"""The page that shows the API call by call, done to the letter."""

import asyncio
import re
import shutil
from pathlib import Path

import pytest

from devstack.ports import Ports
from devstack.stack import Stack
from tests.journeys.conftest import REPOSITORY, People

PAGE = REPOSITORY / "docs" / "try-it.md"
PORTS = {8001: "ordering", 8003: "notifier", 8004: "wallet"}

pytestmark = pytest.mark.skipif(not shutil.which("curl"), reason="the page is written for curl")


def commands(subject: str, ports: Ports) -> str:
    """All commands of the page, for another student and other ports."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    script = re.sub(r"STUDENT=\S+", f"STUDENT={subject}", "\n".join(blocks))
    return re.sub(
        r"localhost:(\d+)", lambda found: f"localhost:{getattr(ports, PORTS[int(found[1])])}", script
    )


async def test_every_call_of_the_page_works_as_it_stands(
    stack: Stack, people: People, tmp_path: Path
) -> None:
    script = commands(people.accounts.pop(0).subject, stack.ports)

    bash = await asyncio.create_subprocess_exec(
        "bash", "-eu", "-o", "pipefail", "-c", script, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    told = (await bash.communicate())[0].decode()

    assert bash.returncode == 0
    assert '"may_order":true' in told
    assert '"status":"READY"' in told
    assert "credential_identifiers" in told
    assert "ready_to_activate" in told
    assert '"status":"CANCELLED"' in told
    assert (tmp_path / "qr.svg").read_text().startswith("<")
