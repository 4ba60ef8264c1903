"""The guard sees what has become dearer beside its rivals, and nothing else."""

import pytest

from bench.figures import Figure, Figures
from bench.guard import GUARDED, lost_ratios

KEPT: Figures = {"drain_cpu_vs_naive": Figure.of(4, 5, 6), "drain_cpu_vs_bare": Figure.of(0.16, 0.2, 0.18)}


def test_the_same_ratios_are_no_loss() -> None:
    assert lost_ratios(KEPT, KEPT) == []


@pytest.mark.parametrize("name", GUARDED)
def test_a_ratio_that_fell_by_a_fifth_is_told_with_the_cure(name: str) -> None:
    fallen = KEPT | {name: Figure.of(*(each * 0.8 for each in (KEPT[name].least, KEPT[name].most)))}

    [loss] = lost_ratios(fallen, KEPT)

    assert loss.startswith(name)
    assert "25% more" in loss
    assert "QUICK=1 make bench ARGS=drain" in loss


def test_a_slow_round_beside_good_ones_is_no_loss() -> None:
    disturbed = KEPT | {"drain_cpu_vs_bare": Figure.of(0.05, 0.06, 0.19)}

    assert lost_ratios(disturbed, KEPT) == []


def test_rates_and_times_are_not_guarded() -> None:
    slow_machine = KEPT | {"drain_orders_per_s": Figure.of(1)}

    assert lost_ratios(slow_machine, KEPT | {"drain_orders_per_s": Figure.of(5000)}) == []
