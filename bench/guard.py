"""Whether something has become dearer: ratios of processor time within one run, against those that are kept.

A machine may be slow today, and so are naive and bare pipeline then: only what costs more beside them counts.
"""

from bench.figures import Figures

RIVALS = ("naive", "bare")
MOST = 0.15  # the share of a ratio that may be lost


def lost_ratios(measured: Figures, kept: Figures) -> list[str]:
    """A line for each rival beside which an order costs more than it did, by more than is allowed."""
    return [
        f"An order costs {_ratio(kept, rival) / _ratio(measured, rival) - 1:.0%} more beside the {rival} one "
        "than it did. Find what became dearer (docs/performance.md), or say why and keep the new figures: "
        "QUICK=1 make bench ARGS=drain."
        for rival in RIVALS
        if _ratio(measured, rival) < _ratio(kept, rival) * (1 - MOST)
    ]


def _ratio(figures: Figures, rival: str) -> float:
    """Of the cheapest rounds of both: what disturbs a round only ever makes it dearer."""
    return figures[f"{rival}_cpu_s_per_1000"].least / figures["drain_cpu_s_per_1000"].least
