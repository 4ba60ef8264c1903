"""What a page of the portal costs: the student's own tab, signed in, with an order that is ready.

Each student opens it a few times, as one does from ordering to the card on the phone.
"""

import asyncio

from bench.draining import drain
from bench.driving import drive, refuse_failures, request
from bench.figures import Figure, Figures, milliseconds
from bench.people import sign_in
from bench.sizes import Sizes
from bench.stacks import processor_seconds, used_since
from devstack.stack import Stack

TIMES = 5
CLIENTS = 2
WARM_UP = 10  # students


def measure(stack: Stack, sizes: Sizes) -> Figures:
    return asyncio.run(_measure(stack, sizes.pages))


async def _measure(stack: Stack, pages: int) -> Figures:
    students = WARM_UP + pages // TIMES
    signed_in = await sign_in(stack, (await drain(stack, students)).subjects)
    asked = [request("GET", f"{stack.url('ordering')}/", headers) for headers in signed_in.values()]
    refuse_failures(await drive(stack.url("ordering"), asked[:WARM_UP], clients=CLIENTS))
    before = processor_seconds(stack)
    came = await drive(stack.url("ordering"), asked[WARM_UP:] * TIMES, clients=CLIENTS)
    refuse_failures(came)
    used = used_since(stack, before)
    each = {name: Figure.of(1000 * used[name] / len(came.statuses)) for name in ("ordering", "PostgreSQL")}
    return {
        "portal_page_ms": Figure.of(sum(one.value for one in each.values())),
        "portal_page_answered_p50_ms": milliseconds(came.latencies, 50),
    } | {f"portal_page_ms_{name.lower()}": one for name, one in each.items()}
