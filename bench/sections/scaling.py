"""Whether more replicas of the issuer issue more: each given the same small share of time.

With two processors for everything, a replica more is only worth something where the issuer is what limits. So
each replica is stopped most of the time; the rest of the stack is free to do what it can.
"""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench.draining import drain
from bench.figures import Figure, Figures
from bench.sizes import Sizes
from devstack.stack import Process, Stack

REPLICAS = (1, 2, 3)
RUNS, RESTS = 0.005, 0.045  # seconds: a tenth of the time


def measure(stack: Stack, sizes: Sizes) -> Figures:
    rates = asyncio.run(_measure(stack, sizes))
    return {f"issuers_{replicas}_orders_per_s": Figure.of(rate) for replicas, rate in rates.items()} | {
        f"issuers_{replicas}_speedup": Figure.of(rate / rates[1]) for replicas, rate in rates.items()
    }


async def _measure(stack: Stack, sizes: Sizes) -> dict[int, float]:
    """Orders a second by number of replicas."""
    rates = {}
    names = ["issuer"]
    for replicas in REPLICAS:
        if replicas > 1:
            names.append(f"issuer-{replicas}")
            stack.start_replica("issuer", names[-1])
        await drain(stack, sizes.scaling_warm_up)
        async with _slowed([stack.running[name] for name in names]):
            rates[replicas] = (await drain(stack, sizes.scaling_orders)).rate
    for name in names[1:]:
        stack.kill(name)
    return rates


@asynccontextmanager
async def _slowed(processes: Sequence[Process]) -> AsyncIterator[None]:
    """Each runs a tenth of the time, and rests for the others."""
    slowing = [asyncio.create_task(_slow(process)) for process in processes]
    try:
        yield
    finally:
        for task in slowing:
            task.cancel()
        await asyncio.gather(*slowing, return_exceptions=True)
        for process in processes:
            process.send_signal(signal.SIGCONT)


async def _slow(process: Process) -> None:
    while True:
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(RESTS)
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(RUNS)
