"""The page about threats names tests: each of them exists, and each threat has one."""

from tests.architecture.named_tests import NAMED, missing_tests, rows_of
from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "security.md"
KINDS = (
    "Spoofing",
    "Tampering",
    "Repudiation",
    "Information disclosure",
    "Denial of service",
    "Elevation of privilege",
)


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(PAGE) == []


def test_every_threat_is_held_by_a_test() -> None:
    threats = rows_of(PAGE)

    assert len(threats) > 50
    assert [threat for threat in threats if not NAMED.search(threat)] == []


def test_no_kind_of_threat_is_left_out() -> None:
    headings = [line.removeprefix("## ") for line in PAGE.read_text().splitlines() if line.startswith("## ")]

    assert tuple(headings[1:]) == KINDS
