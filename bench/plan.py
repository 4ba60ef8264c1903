"""The sections in their order, and which of them share a stack: to start one takes as long as many a section.

On a shared stack each section has students and orders of its own. What leaves many behind comes late: to ask
the embedded broker costs more the longer its log is.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial

from bench.figures import Figures
from bench.sections import (
    activations,
    drain,
    extension,
    growth,
    latency,
    lists,
    load,
    mail,
    portal,
    rest,
    scaling,
    verify,
)
from bench.sizes import Sizes
from bench.stacks import NOTHING_IS_SENT, WHEN_COMMITTED, new_stack, tidy
from devstack.stack import Stack


@dataclass(frozen=True, slots=True)
class Shared:
    """Sections that are measured one after the other on one stack, with these settings."""

    name: str
    settings: Mapping[str, str]
    sections: Mapping[str, Callable[[Stack, Sizes], Figures]]


SHARED = (
    Shared(
        "silent",
        NOTHING_IS_SENT,
        {
            "growth": growth.measure,
            "portal": portal.measure,
            "verify": verify.measure,
            "activations": activations.measure,
            "load": load.measure,
            "drain": drain.measure,
            "scaling": scaling.measure,
        },
    ),
    Shared("awake", {}, {"latency": latency.measure, "mail": mail.measure, "rest": rest.measure}),
)
ALONE: Mapping[str, Callable[[Sizes], Figures]] = {
    "lists": lists.measure,
    "extension": extension.measure,
}
SECTIONS = [*(name for shared in SHARED for name in shared.sections), *ALONE]


@dataclass(frozen=True, slots=True)
class Measured:
    """What a section gave, and the seconds it took without the start of its stack."""

    section: str
    figures: Figures
    seconds: float


def measure(wanted: AbstractSet[str], sizes: Sizes, begin: Callable[[str], None]) -> Iterator[Measured]:
    """`begin` is told of each section before it is measured."""
    for shared in SHARED:
        if not wanted & shared.sections.keys():
            continue
        with new_stack(shared.name, shared.settings, WHEN_COMMITTED) as stack:
            for name, section in shared.sections.items():
                if name in wanted:
                    asyncio.run(tidy(stack))
                    begin(name)
                    yield _measured(name, partial(section, stack, sizes))
    for name, alone in ALONE.items():
        if name in wanted:
            begin(name)
            yield _measured(name, partial(alone, sizes))


def _measured(name: str, section: Callable[[], Figures]) -> Measured:
    begun = time.monotonic()
    return Measured(name, section(), time.monotonic() - begun)
