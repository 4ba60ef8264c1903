"""What a university does to a card that is on a phone, told until the wallet service has heard of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from devstack.samples import sample_students, write_list, write_photos
from devstack.samples.names import Complexion
from devstack.stack import Stack
from ordering import store
from ordering.commands import opened_works
from ordering.importing import import_list
from ordering.settings import OrderingSettings
from ordering.use_cases._commands import card_change, record_command
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


async def extend(stack: Stack, ready: Ready) -> datetime:
    """By a day; the new end, of which the wallet service has heard."""
    until: datetime = await _known(stack, ready, "valid_until") + timedelta(days=1)
    async with opened_works(settings(stack)) as works, works.begin() as work:
        order_id = UUID(ready.order_id)
        order = (await store.orders.lock(work.connection, [order_id]))[order_id]
        asked = card_change(work, order, "extend", by="office", actor_ref="operator")
        await record_command(work, order, asked.model_copy(update={"valid_until": until}), "extend")
    await _heard(stack, ready, "valid_until", until)
    return until


async def import_again(stack: Stack, ready: Ready, folder: Path, *, family_name: str) -> None:
    """The list of students comes with another name, and with another photo."""
    student = next(one for one in sample_students() if one.subject == ready.account.subject)
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
