"""The page about bad input names tests: each of them exists, and each case has one."""

from tests.architecture.named_tests import NAMED, missing_tests, rows_of
from tests.architecture.sources import ROOT

PAGE = ROOT / "docs" / "bad-input.md"


def test_every_test_that_is_named_exists() -> None:
    assert missing_tests(PAGE) == []


def test_every_case_is_held_by_a_test() -> None:
    cases = rows_of(PAGE)

    assert len(cases) > 30
    assert [case for case in cases if not NAMED.search(case)] == []
