"""What a university does to a card that is on a phone, told until the wallet service has heard of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from devstack.samples import SampleStudent, sample_students, write_list, write_photos
from devstack.samples.names import Complexion
from devstack.stack import Stack
from ordering.extension_commands import extend_cards
from ordering.importing import import_list
from ordering.settings import OrderingSettings
from servicekit.institutions import END_OF_DAY, WARSAW
from tests.browser.wallet.steps import Ready
from tests.journeys.databases import fetch
from tests.waiting import eventually


def settings(stack: Stack) -> OrderingSettings:
    return OrderingSettings(
        environment="development",
        database_url=stack.databases["ordering"],
        keys_dir=stack.places.keys,
        institutions_dir=stack.places.institutions,
    )


async def extend(stack: Stack, ready: Ready, folder: Path) -> datetime:
    """By a day, as the dean's office does; the new end, of which the wallet service has heard."""
    await ready.student.wait_for(ready.order_id, "ACTIVATED")
    last_day: datetime = await _known(stack, ready, "valid_until")
    day = last_day.astimezone(WARSAW).date() + timedelta(days=1)
    students = folder / "extended.txt"
    students.write_text(_student(ready).student_number)
    await extend_cards(settings(stack), ready.account.institution, day, students, preview=False)
    until = datetime.combine(day, END_OF_DAY, WARSAW)
    await _heard(stack, ready, "valid_until", until)
    await eventually(lambda: _nothing_runs(stack), timeout=20, every=0.1)
    return until


async def _nothing_runs(stack: Stack) -> bool:
    """One extension at a time is taken."""
    return not await fetch(stack, "ordering", "select from extensions where state = 'running'")


def _student(ready: Ready) -> SampleStudent:
    return next(one for one in sample_students() if one.subject == ready.account.subject)


async def import_again(stack: Stack, ready: Ready, folder: Path, *, family_name: str) -> None:
    """The list of students comes with another name, and with another photo."""
    student = _student(ready)
    revision = await _known(stack, ready, "coalesce(revision, 1)")
    complexion: Complexion = "tan" if student.complexion == "light" else "light"
    other = replace(student, family_name=family_name, complexion=complexion)
    write_list(folder / "students.csv", [other])
    write_photos(folder / "photos", [other])
    faults = await import_list(
        settings(stack), student.institution, folder / "students.csv", folder / "photos"
    )
    assert faults == 0
    await _heard(stack, ready, "revision", revision + 1)


async def forget_refresh_tokens(stack: Stack, ready: Ready) -> None:
    """As after a restore of the wallet's database, or once one of them was used twice."""
    await fetch(stack, "wallet", f"delete from refresh_tokens where order_id = '{UUID(ready.order_id)}'")


async def _heard(stack: Stack, ready: Ready, what: str, wanted: object) -> None:
    async def is_told() -> bool:
        return bool(await _known(stack, ready, what) == wanted)

    await eventually(is_told, timeout=20, every=0.1)


async def _known(stack: Stack, ready: Ready, what: str) -> Any:
    [row] = await fetch(
        stack, "wallet", f"select {what} from cards where order_id = '{UUID(ready.order_id)}'"
    )
    return row[0]
