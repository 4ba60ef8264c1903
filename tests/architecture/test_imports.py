"""What may import what: the rules stand in the root pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT


def test_imports_keep_the_rules() -> None:
    """In a process of its own: the linter silences every logger of the one it runs in."""
    command = Path(sys.executable).with_name("lint-imports")

    told = subprocess.run([command], cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout
