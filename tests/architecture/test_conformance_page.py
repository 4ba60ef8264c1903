"""The page about conformance names tests: each of them exists, and each check has one."""

from tests.architecture.named_tests import NAMED, missing_tests, rows_of
from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "conformance.md"


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(PAGE) == []


def test_every_check_is_held_by_a_test() -> None:
    checks = rows_of(PAGE)

    assert len(checks) > 30
    assert [check for check in checks if not NAMED.search(check)] == []
