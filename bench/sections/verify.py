"""How many shown codes the wallet service checks in a second: handle, time, signature, state of the card."""

import asyncio
import json
from collections.abc import Sequence
from itertools import cycle, islice

from bench.cards import Shower, shower_of
from bench.driver import Came
from bench.driving import drive, refuse_failures, request
from bench.figures import Figure, Figures, milliseconds
from bench.sizes import Sizes
from bench.stacks import processor_seconds, used_since
from devstack.accounts import those_who_may_order
from devstack.journey.checker import question_about
from devstack.stack import Stack

CARDS = 10
CLIENTS = 8
AT_ONCE = 2_000  # checks: a code is good for some seconds, so that each lot of them is shown anew


def measure(stack: Stack, sizes: Sizes) -> Figures:
    return asyncio.run(_measure(stack, sizes.checks))


async def _measure(stack: Stack, checks: int) -> Figures:
    subjects = [account.subject for account in those_who_may_order()[:CARDS]]
    showers = await asyncio.gather(*(shower_of(stack, subject) for subject in subjects))
    await _check(stack, showers, CARDS)
    before = processor_seconds(stack)
    came = [await _check(stack, showers, min(AT_ONCE, checks)) for _ in range(max(1, checks // AT_ONCE))]
    used, asked = used_since(stack, before), sum(len(each.statuses) for each in came)
    return {
        "verify_per_s": Figure.of(*(len(each.statuses) / each.seconds for each in came)),
        "verify_p99_ms": milliseconds([one for each in came for one in each.latencies], 99),
        "verify_cpu_ms": Figure.of(1000 * (used["wallet"] + used["PostgreSQL"]) / asked),
    }


async def _check(stack: Stack, showers: Sequence[Shower], checks: int) -> Came:
    """All of them are valid."""
    headers = {"Content-Type": "application/json"}
    url = f"{stack.url('wallet')}/api/v1/verifications"
    asked = [request("POST", url, headers, json.dumps(question_about(each.shown()))) for each in showers]
    came = await drive(url, list(islice(cycle(asked), checks)), clients=CLIENTS)
    refuse_failures(came)
    return came
