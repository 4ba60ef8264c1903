"""Pages that name the tests by which they hold."""

import re
from pathlib import Path

from tests.architecture.sources import ROOT, functions_of

NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def rows_of(page: Path) -> list[str]:
    """The lines of its tables, without heads and the titles within them."""
    lines = page.read_text().splitlines()
    heads = {number - 1 for number, line in enumerate(lines) if line.startswith("| ---")}
    rows = [line for number, line in enumerate(lines) if line.startswith("| ") and number not in heads]
    return [row for row in rows if not row.startswith(("| ---", "| **"))]


def missing_tests(page: Path) -> list[str]:
    named = NAMED.findall(page.read_text())
    return [f"{path}::{name}" for path, name in named if not _exists(path, name)]


def _exists(path: str, name: str) -> bool:
    file = ROOT / path
    return file.is_file() and name in {function.name for function in functions_of(file)}
