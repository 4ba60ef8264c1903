"""Orders by HTTP, so many a second, each from a browser that is signed in; from the due time to READY.

Mail and push are off. An order is READY once the transaction that says so is committed.
"""

import asyncio
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import asyncpg

from bench.driving import drive
from bench.figures import Figure, Figures, milliseconds
from bench.people import order_of, sign_in
from bench.sizes import Sizes
from bench.stacks import processor_seconds, superuser_url, used_since
from bench.waiting_orders import INSTITUTION, add_students, until
from devstack.settings import Places
from devstack.stack import Stack
from servicekit.institutions import load_institutions

RATES = (200, 700)
WARM_UP = 2  # seconds
WITHIN = 120  # seconds after the last was sent
READY = """
    select o.idempotency_key as subject, extract(epoch from pg_xact_commit_timestamp(t.xmin))::float8 as at
    from timeline_entries t join orders o using (order_id)
    where t.kind = 'credential_ready' and o.idempotency_key = any($1)
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Seconds from when an order was due until it was READY, and until its POST was answered."""

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
    used, orders = sum(loaded.processor_seconds.values()), len(loaded.answered)
    share = 100 * used / loaded.seconds / (os.cpu_count() or 1)
    return {
        f"load_{rate}_p50_ms": milliseconds(loaded.ready, 50),
        f"load_{rate}_p99_ms": milliseconds(loaded.ready, 99),
        f"load_{rate}_http_p99_ms": milliseconds(loaded.answered, 99),
        f"load_{rate}_errors": Figure.of(len(loaded.errors)),
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
    before = processor_seconds(stack)
    came = await drive(stack.url("ordering"), requests, rate=rate)
    placed = [one for one, status in zip(subjects, came.statuses, strict=True) if status == 201]
    ready = await _ready_at(stack, placed)
    due = {subject: came.begun + place / rate for place, subject in enumerate(subjects)}
    return Loaded(
        ready=[at - due[subject] for subject, at in ready.items()],
        answered=came.latencies,
        errors=list(_errors(came.statuses, came.refusals)),
        seconds=came.seconds,
        processor_seconds=used_since(stack, before),
    )


def _errors(statuses: Sequence[int], refusals: Sequence[str]) -> Iterator[str]:
    """One for each order that was not placed, with what was answered for the first of them."""
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


async def _ready_at(stack: Stack, subjects: Sequence[str]) -> dict[str, float]:
    """Unix time of the commit, by who ordered; waits until all are READY."""
    connection = await asyncpg.connect(superuser_url(stack, "ordering"))
    found: dict[str, float] = {}

    async def all_are_ready() -> bool:
        rows = await connection.fetch(READY, subjects)
        found.update({row["subject"]: row["at"] for row in rows})
        return len(found) >= len(subjects)

    try:
        await until(all_are_ready, within=WITHIN)
    finally:
        await connection.close()
    return found
