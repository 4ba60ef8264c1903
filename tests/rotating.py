"""Keys of a test's own, one of which another takes the place of."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from servicekit.key_files import Document, key_file
from servicekit.rotate_key import rotate


@dataclass(frozen=True, slots=True)
class Rotation:
    """A folder of keys in which `name` has a new current key beside the old one."""

    folder: Path
    name: str
    old: str

    def forget_the_old_key(self) -> None:
        rotate(self.folder, self.name, "forget", self.old)


def rotated(keys_dir: Path, tmp_path: Path, name: str) -> Rotation:
    folder = shutil.copytree(keys_dir, tmp_path / "keys")
    old = _document(folder, name)["current"]
    rotate(folder, name, "add")
    rotate(folder, name, "use", _document(folder, name)["keys"][-1]["id"])
    return Rotation(folder, name, old)


def _document(folder: Path, name: str) -> Document:
    document: Document = json.loads(key_file(folder, name).read_text())
    return document


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.strip()
