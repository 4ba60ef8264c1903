"""A student is told everything that the notifier stores about them, and nothing about anybody else."""

import json
from pathlib import Path
from typing import Any

import pytest

from notifier.commands import export
from notifier.settings import NotifierSettings
from servicekit.keys import Keys
from tests.component.notifier.conftest import NewOrder, Tell
from tests.component.notifier.scene import AUTH, EMAIL, Order, turn_pushes_on
from tests.databases import Database


@pytest.fixture
def exported(notifier_database: Database, keys_dir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    settings = NotifierSettings(
        environment="development", database_url=notifier_database.url, keys_dir=keys_dir
    )

    async def exported(order: Order) -> dict[str, Any]:
        capsys.readouterr()
        await export(settings, order.institution_id, order.student_ref)
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        return told

    return exported


async def test_contact_alerts_and_letters_are_told_to_their_student(
    order: Order, new_order: NewOrder, hear: Tell, exported: Any
) -> None:
    other = new_order()
    await hear(order.placed(subject="anna", first_name="Anna", email=EMAIL), order.ready())
    await hear(other.placed(subject="jan", first_name="Jan", email=None), other.ready())

    told = await exported(order)

    [known] = told["orders"]
    assert known["contact"]["email"] == EMAIL
    channels = [delivery["channel"] for alert in told["alerts"] for delivery in alert["deliveries"]]
    assert len(told["alerts"]) == 2
    assert "email" in channels
    assert str(other.order_id) not in json.dumps(told)


async def test_a_browser_is_told_without_the_secret_that_opens_its_pushes(
    order: Order, hear: Tell, exported: Any, notifier_database: Database, keys: Keys
) -> None:
    await hear(order.placed(subject="anna", first_name="Anna", email=None), order.ready())
    await turn_pushes_on(notifier_database, order, keys)

    told = await exported(order)

    assert [each["endpoint"] for each in told["browsers"]] == ["https://push.example/1"]
    assert AUTH not in json.dumps(told)
