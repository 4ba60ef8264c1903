"""Rules broken on purpose: a test that holds a rule also runs with the rule broken, and must go red then."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import pytest

Test = TypeVar("Test", bound=Callable[..., Any])

ON_PURPOSE = "the rule is broken on purpose"

# What is put in the place of what: the object, the name of its attribute, the replacement.
Mutant = Sequence[tuple[Any, str, Any]]


def holds_against(*mutants: str) -> Callable[[Test], Test]:
    """The test runs as it is, and with each mutant, where it must fail. `mutated` puts it in place."""
    must_fail = pytest.mark.xfail(strict=True, raises=AssertionError, reason=ON_PURPOSE)
    broken = [pytest.param(mutant, id=f"mutant-{mutant}", marks=must_fail) for mutant in mutants]
    runs = [pytest.param(None, id="rule"), *broken]

    def decorate(test: Test) -> Test:
        each: Test = pytest.mark.parametrize("mutated", runs, indirect=True)(test)
        pytest.mark.usefixtures("mutated")(each)
        return each

    return decorate


def apply(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    for target, name, replacement in mutant:
        monkeypatch.setattr(target, name, replacement)


def was_noticed(report: pytest.TestReport | pytest.CollectReport) -> bool:
    return report.outcome == "skipped" and getattr(report, "wasxfail", None) == ON_PURPOSE


def summary_of(noticed: int, failed: Iterable[pytest.TestReport]) -> str:
    """One line for all of them, since each is as it should be; nothing where none ran."""
    run = noticed + sum("[mutant-" in report.nodeid for report in failed)
    return f"mutants: rules broken on purpose, {noticed} of {run} noticed" if run else ""
