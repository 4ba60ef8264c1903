"""The key under which data keys are kept can be forgotten once they are sealed again."""

import json
from pathlib import Path

import pytest

from issuer.commands import export, reseal_cards
from issuer.settings import IssuerSettings
from tests.component.issuer.scene import Scene
from tests.databases import Database
from tests.rotating import rotated, told


async def test_cards_are_opened_by_the_new_key_alone(
    lone_scene: Scene,
    lone_database: Database,
    keys_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("servicekit.resealing._BATCH", 1)
    order, other = await lone_scene.place(), await lone_scene.place()
    rotation = rotated(keys_dir, tmp_path, "issuer/cards")
    settings = IssuerSettings(
        environment="development", database_url=lone_database.url, keys_dir=rotation.folder
    )

    await reseal_cards(settings)
    assert told(capsys) == "sealed again under the current key: 2 cards"
    rotation.forget_the_old_key()
    for each in (order, other):
        await export(settings, each.institution_id, each.student_ref)
        [card] = json.loads(told(capsys))["cards"]
        assert card["holder"]["family_name"] == "Gżegżółka-Źdźbło"

    await reseal_cards(settings)
    assert told(capsys) == "sealed again under the current key: 0 cards"
