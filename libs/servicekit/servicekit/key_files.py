"""How key files are written: mode 0600, whole or not at all."""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

Document = dict[str, Any]


def key_file(directory: Path, name: str) -> Path:
    return directory / f"{name}.json"


def key_variable(name: str) -> str:
    """The variable that may hold the text of the file: `KEY_SEALING_HOLDER` for `sealing/holder`."""
    return f"KEY_{name}".replace("/", "_").replace("-", "_").upper()


def create(path: Path, make: Callable[[], Document]) -> None:
    """The first writer wins; what exists is kept, and a half-written file is never seen."""
    if path.exists():
        return
    draft = _draft(path, make())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def write_private(path: Path, document: Document) -> None:
    _draft(path, document).replace(path)


def read(path: Path) -> Document:
    document: Document = json.loads(path.read_text(encoding="utf-8"))
    return document


def _draft(path: Path, document: Document) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return draft
