"""The key under which contacts and browsers are kept can be forgotten once they are sealed again."""

import json
from pathlib import Path

import pytest

from notifier.commands import export, reseal_contacts
from notifier.settings import NotifierSettings
from servicekit.keys import Keys
from tests.component.notifier.conftest import NewOrder, Tell
from tests.component.notifier.scene import EMAIL, Order, turn_pushes_on
from tests.databases import Database
from tests.rotating import rotated, told


async def test_people_are_reached_with_the_new_key_alone(
    order: Order,
    new_order: NewOrder,
    hear: Tell,
    notifier_database: Database,
    keys: Keys,
    keys_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await hear(order.placed(subject="anna", first_name="Anna", email=EMAIL))
    await hear(new_order().ready())
    await turn_pushes_on(notifier_database, order, keys)
    rotation = rotated(keys_dir, tmp_path, "notifier/contacts")
    settings = NotifierSettings(
        environment="development", database_url=notifier_database.url, keys_dir=rotation.folder
    )

    await reseal_contacts(settings)
    assert told(capsys) == "sealed again under the current key: 1 contacts, 1 browsers"
    rotation.forget_the_old_key()
    await export(settings, order.institution_id, order.student_ref)
    stored = json.loads(told(capsys))
    assert stored["orders"][0]["contact"]["email"] == EMAIL
    assert stored["browsers"][0]["endpoint"] == "https://push.example/1"

    await reseal_contacts(settings)
    assert told(capsys) == "sealed again under the current key: 0 contacts, 0 browsers"
