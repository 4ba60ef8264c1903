"""A student's whole journey on the system in containers, by its published ports only."""

import io

from rich.console import Console

from devstack.journey.story import walk
from devstack.journey.telling import Narrator
from tests.e2e.system import System
from tests.journeys.conftest import People


async def test_a_student_goes_from_order_to_a_checked_and_revoked_card(
    system: System, people: People
) -> None:
    account, told = people.accounts.pop(0), io.StringIO()

    await walk(system.addresses, account.subject, account.email, Narrator(Console(file=told, width=140)))

    assert "✗" not in told.getvalue()
