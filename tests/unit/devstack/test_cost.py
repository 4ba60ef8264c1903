"""What is said of figures: whether a limit is kept, and no figure where there is none."""

import pytest

from devstack import cost, measuring
from devstack.cost import measure_rest, verdict
from devstack.measuring import Rest, busy_machine


@pytest.fixture(autouse=True)
def quiet_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (0.4, 9.0, 9.0))


def test_a_figure_within_the_limit_says_so() -> None:
    assert verdict(Rest(10, 0.5)) == "limit 8 %: kept"


def test_a_missed_limit_is_called_missed_on_an_idle_machine() -> None:
    assert verdict(Rest(10, 0.9)) == "limit 8 %: missed"


def test_on_a_busy_machine_it_asks_for_another_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (6.8, 0.0, 0.0))

    assert busy_machine() == "; load average is 6.8: measure again on an idle machine"
    assert verdict(Rest(10, 0.9)).endswith(busy_machine())


def test_a_stack_that_was_not_whole_was_not_at_rest() -> None:
    assert measure_rest(list, lambda seconds: seconds == cost.WINDOW, quiet=60) is None
    assert measure_rest(list, lambda seconds: seconds != cost.WINDOW, quiet=60) is None
    assert measure_rest(list, lambda _seconds: True, quiet=60) is not None


def test_an_ended_process_is_no_error() -> None:
    assert measuring.processor_seconds_of([2**22 + 1]) == 0
