"""The guard sees what has become dearer beside its rivals, and nothing else."""

import pytest

from bench.figures import Figure, Figures
from bench.guard import RIVALS, lost_ratios

KEPT: Figures = {
    "drain_cpu_s_per_1000": Figure.of(0.9, 1.0, 1.1),
    "naive_cpu_s_per_1000": Figure.of(3.6, 3.7, 4.0),
    "bare_cpu_s_per_1000": Figure.of(0.15, 0.16, 0.2),
}


def times(factor: float, figure: Figure) -> Figure:
    return Figure.of(*(factor * each for each in (figure.least, figure.value, figure.most)))


def test_the_same_costs_are_no_loss() -> None:
    assert lost_ratios(KEPT, KEPT) == []


def test_an_order_that_became_dearer_is_told_beside_each_rival_with_the_cure() -> None:
    dearer = KEPT | {"drain_cpu_s_per_1000": times(1.25, KEPT["drain_cpu_s_per_1000"])}

    losses = lost_ratios(dearer, KEPT)

    assert [rival for rival in RIVALS if any(rival in loss for loss in losses)] == list(RIVALS)
    assert all("25% more" in loss and "QUICK=1 make bench ARGS=drain" in loss for loss in losses)


def test_what_is_a_little_dearer_is_no_loss() -> None:
    assert lost_ratios(KEPT | {"drain_cpu_s_per_1000": Figure.of(1.0, 1.1, 1.3)}, KEPT) == []


@pytest.mark.parametrize("factor", [0.5, 3])
def test_a_machine_may_be_as_slow_or_fast_as_it_likes(factor: float) -> None:
    assert lost_ratios({name: times(factor, figure) for name, figure in KEPT.items()}, KEPT) == []


def test_a_disturbed_round_beside_good_ones_is_no_loss() -> None:
    disturbed = KEPT | {"drain_cpu_s_per_1000": Figure.of(0.9, 2.0, 2.1)}

    assert lost_ratios(disturbed, KEPT) == []
