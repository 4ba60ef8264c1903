"""Whether something has become dearer: ratios of processor time within one run, against those that are kept.

A machine may be slow today, and so are naive and bare pipeline then: only what costs more beside them counts.
"""

from bench.figures import Figures

# How many times the processor time of ours the naive pipeline takes, and how much of it the bare one.
GUARDED = ("drain_cpu_vs_naive", "drain_cpu_vs_bare")
MOST = 0.15  # the share of a ratio that may be lost


def lost_ratios(measured: Figures, kept: Figures) -> list[str]:
    """A line for each ratio that fell by more than is allowed; the best of the rounds is compared."""
    return [
        f"{name} is {measured[name].most:.3f} at best and was {kept[name].most:.3f}: beside the same rival "
        f"an order costs {kept[name].most / measured[name].most - 1:.0%} more. Find what became dearer "
        "(docs/performance.md), or say why and keep the new figures: QUICK=1 make bench ARGS=drain."
        for name in GUARDED
        if name in measured and name in kept and measured[name].most < kept[name].most * (1 - MOST)
    ]
