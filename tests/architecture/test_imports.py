"""What may import what: the rules stand in the root pyproject.toml."""

import pytest
from importlinter.cli import lint_imports

from tests.architecture.sources import ROOT


def test_imports_keep_the_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)

    assert lint_imports() == 0
