"""What the tests say of rules that are broken on purpose."""

from typing import Literal

import pytest

from tests.mutants import ON_PURPOSE, summary_of, was_noticed


def report(
    outcome: Literal["passed", "failed", "skipped"], name: str = "test_it[mutant-x]"
) -> pytest.TestReport:
    return pytest.TestReport(name, ("", None, ""), {}, outcome, None, "call")


def test_a_mutant_that_was_noticed_is_told_from_other_expected_failures() -> None:
    noticed, other = report("skipped"), report("skipped")
    noticed.wasxfail, other.wasxfail = ON_PURPOSE, "nobody knows why"

    assert was_noticed(noticed)
    assert not was_noticed(other)
    assert not was_noticed(report("skipped"))


def test_one_line_tells_of_all_mutants() -> None:
    failed = [report("failed"), report("failed", "test_it[rule]"), report("failed", "test_other")]

    assert summary_of(21, failed) == "mutants: rules broken on purpose, 21 of 22 noticed"
    assert summary_of(0, failed[1:]) == ""
