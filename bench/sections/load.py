"""Orders by HTTP, so many a second, each from a browser that is signed in; from the due time to READY.

Mail and push are off. An order is READY once the transaction that says so is committed.
"""

import asyncio
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.driving import drive
from bench.figures import Figure, Figures, milliseconds
from bench.people import order_of, sign_in
from bench.sizes import Sizes
from bench.stacks import connected, processor_seconds, superuser_url, used_since
from bench.waiting_orders import INSTITUTION, add_students, until
from devstack.settings import Places
from devstack.stack import Stack
from servicekit.institutions import load_institutions

RATES = (200, 700)
WARM_UP = 2  # seconds
WITHIN = 120  # seconds after the last was sent
QUIET = 20  # looks in a row: who has left may still be about to place an order
ASKED = "select exists (select from open_questions where question = 'offer')"
READY = """
    select o.idempotency_key as subject, extract(epoch from pg_xact_commit_timestamp(t.xmin))::float8 as at
    from timeline_entries t join orders o using (order_id)
    where t.kind = 'credential_ready' and o.idempotency_key = any($1)
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Seconds from when an order was due until it was READY, and until its POST was answered.

    An order counts though whoever asked for it has gone away. `seconds` end when the last one is READY.
    """

    ready: list[float]
    answered: list[float]
    errors: list[str]
    seconds: float
    processor_seconds: dict[str, float]


def measure(stack: Stack, sizes: Sizes) -> Figures:
    return asyncio.run(_measure(stack, sizes.load_seconds))


async def _measure(stack: Stack, seconds: float) -> Figures:
    """Each rate first for a short time that does not count."""
    figures: Figures = {}
    for rate in RATES:
        await load(stack, rate, WARM_UP)
        figures |= _figures(rate, await load(stack, rate, seconds))
    return figures


def _figures(rate: int, loaded: Loaded) -> Figures:
    used, orders = sum(loaded.processor_seconds.values()), len(loaded.ready)
    share = 100 * used / loaded.seconds / (os.cpu_count() or 1)
    return {
        f"load_{rate}_p50_ms": milliseconds(loaded.ready, 50),
        f"load_{rate}_p99_ms": milliseconds(loaded.ready, 99),
        f"load_{rate}_http_p99_ms": milliseconds(loaded.answered, 99),
        f"load_{rate}_errors": Figure.of(len(loaded.errors)),
        f"load_{rate}_placed_per_s": Figure.of(orders / loaded.seconds),
        f"load_{rate}_cpu_share": Figure.of(share),
        f"load_{rate}_cpu_ms": Figure.of(1000 * used / orders),
    } | {
        f"load_{rate}_cpu_ms_{name.lower()}": Figure.of(1000 * seconds / orders)
        for name, seconds in loaded.processor_seconds.items()
    }


async def load(stack: Stack, rate: float, seconds: float) -> Loaded:
    """Orders of new students for so many seconds."""
    subjects = await add_students(stack.places, stack.databases["ordering"], round(rate * seconds))
    requests = await _requests(stack, subjects)
    before, begun = processor_seconds(stack), time.perf_counter()
    came = await drive(stack.url("ordering"), requests, rate=rate)
    ended, used = await _until_all_are_ready(stack, before)
    ready = await _ready_at(stack, subjects)
    due = {subject: came.begun + place / rate for place, subject in enumerate(subjects)}
    return Loaded(
        ready=[at - due[subject] for subject, at in ready.items()],
        answered=came.latencies,
        errors=list(_errors(came.statuses, came.refusals)),
        seconds=ended - begun,
        processor_seconds=used,
    )


def _errors(statuses: Sequence[int], refusals: Sequence[str]) -> Iterator[str]:
    """One for each request that was refused or not answered, with what was said to the first of them."""
    failed = [f"status {status}" for status in statuses if status != 201]
    yield from (*refusals, *failed[len(refusals) :])


async def _requests(stack: Stack, subjects: Sequence[str]) -> list[str]:
    """Who orders is the idempotency key, too."""
    body = json.dumps({"channel": "mobile", "locale": "pl", "consents": _consents(stack.places)})
    signed_in = await sign_in(stack, subjects)
    return [order_of(stack, signed_in[each], body, each) for each in subjects]


def _consents(places: Places) -> list[dict[str, str]]:
    consents = load_institutions(places.institutions)[INSTITUTION].consents
    return [{"kind": each.kind, "version": each.version} for each in consents if each.required]


async def _until_all_are_ready(stack: Stack, before: dict[str, float]) -> tuple[float, dict[str, float]]:
    """When that was, and what had been used by then since `before`."""
    looks: list[tuple[float, dict[str, float]]] = []

    async def nothing_is_asked() -> bool:
        if await connection.fetchval(ASKED):
            looks.clear()
        else:
            looks.append((time.perf_counter(), used_since(stack, before)))
        return len(looks) >= QUIET

    async with connected(stack.databases["ordering"]) as connection:
        await until(nothing_is_asked, within=WITHIN)
    return looks[0]


async def _ready_at(stack: Stack, subjects: Sequence[str]) -> dict[str, float]:
    """Unix time of the commit, by who ordered."""
    async with connected(superuser_url(stack, "ordering")) as connection:
        rows = await connection.fetch(READY, subjects)
    return {row["subject"]: row["at"] for row in rows}
