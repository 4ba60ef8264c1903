"""The journey that the demo tells, on a stack of its own."""

import io

import pytest
from rich.console import Console

from devstack.journey.http import Addresses
from devstack.journey.story import walk
from devstack.journey.telling import Narrator
from tests.journeys.conftest import People

pytestmark = pytest.mark.timeout(120)


async def test_a_student_goes_from_order_to_a_checked_and_revoked_card(
    addresses: Addresses, people: People
) -> None:
    account = people.accounts.pop(0)
    told = io.StringIO()

    walked = await walk(addresses, account.subject, account.email, Narrator(Console(file=told, width=140)))

    assert "✗" not in told.getvalue()
    assert walked.order_seconds < 5


async def test_a_revoked_card_frees_the_student_to_order_again(people: People) -> None:
    student = await people.student_at_a_browser()
    phone = await people.phone()
    first = await student.wait_for((await student.place_order())["order_id"], "READY")
    _, grant = await phone.activate(first["activation"]["qr_payload"], first["activation"]["activation_code"])
    await student.wait_for(first["order_id"], "ACTIVATED")
    await student.change_card(grant.credential_id, "revocation")

    second = await student.wait_for((await student.place_order())["order_id"], "READY")

    assert second["order_id"] != first["order_id"]
