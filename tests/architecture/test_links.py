"""The documents point at things that exist."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PATH = re.compile(r"`((?:libs|services|devstack|tests|docs|institutions|bench|ops)(?:/[\w.-]+)+/?)`")

documents = pytest.mark.parametrize(
    "document",
    [
        path
        for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/*/README.md"))
        if path.name != "template.md"
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)


@documents
def test_links_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text())

    assert [link for link in links if not (document.parent / link).exists()] == []


@documents
def test_named_files_exist(document: Path) -> None:
    named = PATH.findall(document.read_text())

    assert [path for path in named if not (ROOT / path).exists()] == []
