"""The page about brokers names tests: each of them exists, and each difference has one."""

from tests.architecture.named_tests import NAMED, missing_tests, rows_of
from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "brokers.md"


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(PAGE) == []


def test_every_difference_and_every_accident_is_held_by_a_test() -> None:
    rows = [row for row in rows_of(PAGE) if not row.startswith("| `")]

    assert len(rows) >= 11
    assert [row for row in rows if not NAMED.search(row)] == []
