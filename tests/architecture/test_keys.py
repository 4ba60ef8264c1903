"""Nobody reads keys in a way in which production would take those of development."""

import re

from tests.architecture.sources import ROOT

READING = re.compile(r"\bKeys\((.*)\)")


def test_whoever_reads_keys_says_whether_this_is_production() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {call}"
        for path in (ROOT / "services").rglob("*.py")
        for call in READING.findall(path.read_text())
        if "production=settings.is_production" not in call
    }

    assert found == set()
