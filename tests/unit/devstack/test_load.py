"""What the load driver tells in the end."""

from collections import Counter

from devstack.load import Outcome


def test_all_is_well_when_every_order_became_ready() -> None:
    assert Outcome(wanted=2, placed=2, ready=[0.1, 0.2]).all_went_well


def test_an_order_that_never_became_ready_is_not_well() -> None:
    assert not Outcome(wanted=2, placed=2, ready=[0.1]).all_went_well


def test_a_failure_is_not_well_and_is_told_with_its_number() -> None:
    outcome = Outcome(wanted=1, placed=1, ready=[0.1], failures=Counter({"ReadTimeout": 3}))

    assert not outcome.all_went_well
    assert outcome.lines()[-1] == "failed 3 times: ReadTimeout"


def test_the_summary_tells_how_long_orders_took() -> None:
    lines = Outcome(wanted=101, placed=101, ready=[second / 100 for second in range(101)]).lines()

    assert lines == [
        "orders wanted 101, placed 101, ready 101",
        "from order to ready: p50 500 ms, p95 950 ms, p99 990 ms, longest 1000 ms",
    ]
