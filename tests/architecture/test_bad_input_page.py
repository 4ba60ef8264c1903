"""The page about bad input names tests: each of them exists, and each case has one."""

import re

from tests.architecture.sources import ROOT, functions_of

PAGE = ROOT / "docs" / "bad-input.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _cases() -> list[str]:
    """The lines of the table, without its head and the titles within it."""
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [line for line in lines[2:] if not line.startswith("| **")]


def _exists(path: str, name: str) -> bool:
    file = ROOT / path
    return file.is_file() and name in {function.name for function in functions_of(file)}


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(PAGE.read_text())

    assert [f"{path}::{name}" for path, name in named if not _exists(path, name)] == []


def test_every_case_is_held_by_a_test() -> None:
    assert len(_cases()) > 30
    assert [case for case in _cases() if not NAMED.search(case)] == []
