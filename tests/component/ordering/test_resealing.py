"""The key under which PESEL numbers are kept can be forgotten once they are sealed again."""

import json
from pathlib import Path

import pytest

from eventing import Works
from ordering.commands import export, reseal_students
from ordering.sealing import Sealers
from ordering.settings import OrderingSettings
from tests.component.ordering.scene import PESEL, add_student
from tests.databases import Database
from tests.rotating import rotated, told


async def test_students_are_opened_by_the_new_key_alone(
    works: Works,
    sealers: Sealers,
    ordering_database: Database,
    keys_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    anna = await add_student(works, sealers, "anna")
    await add_student(works, sealers, "ahmed", pesel_sealed=None)
    rotation = rotated(keys_dir, tmp_path, "ordering/students")
    settings = OrderingSettings(
        environment="development", database_url=ordering_database.url, keys_dir=rotation.folder
    )

    await reseal_students(settings)
    assert told(capsys) == "sealed again under the current key: 1 students"
    rotation.forget_the_old_key()
    await export(settings, anna)
    assert PESEL in json.dumps(json.loads(told(capsys)))

    await reseal_students(settings)
    assert told(capsys) == "sealed again under the current key: 0 students"
