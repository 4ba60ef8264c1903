"""What the stack costs while nobody asks anything: memory, and processor time after some quiet."""

import time

from bench.figures import Figure, Figures
from bench.sizes import Sizes
from devstack.cost import measure_rest
from devstack.measuring import memory_of
from devstack.stack import Stack


def measure(stack: Stack, sizes: Sizes) -> Figures:
    rest = measure_rest(
        stack.pids,
        lambda seconds: _stays_whole(stack, seconds),
        quiet=sizes.quiet_seconds,
        window=sizes.rest_seconds,
    )
    memory = memory_of(stack.pids())
    assert rest is not None
    return {
        "stack_rss_mb": Figure.of(memory / 1e6),
        "idle_cpu_percent": Figure.of(rest.percent_of_a_core),
    }


def _stays_whole(stack: Stack, seconds: float) -> bool:
    time.sleep(seconds)
    return not stack.lost()
