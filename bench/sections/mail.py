"""How fast letters leave when many orders become READY at once: from due until the mail server took them."""

import asyncio
from datetime import UTC, datetime

import asyncpg

from bench.figures import Figure, Figures, milliseconds
from bench.sizes import Sizes
from bench.stacks import connected
from bench.waiting_orders import place_orders, relay_held_back, until
from devstack.stack import Stack

WITHIN = 300  # seconds
LETTERS = """
    select due_at, ended_at from deliveries where channel = 'email' and state = 'delivered' and due_at > $1
"""


def measure(stack: Stack, sizes: Sizes) -> Figures:
    return asyncio.run(_measure(stack, sizes.letters))


async def _measure(stack: Stack, letters: int) -> Figures:
    begun = datetime.now(UTC)
    database = stack.databases["ordering"]
    async with relay_held_back(database):
        await place_orders(stack.places, database, letters, by_mail=True)
    left = await _all_that_left(stack, begun, letters)
    seconds = max(at for _, at in left) - min(due for due, _ in left)
    return {
        "mail_letters_per_s": Figure.of(letters / seconds.total_seconds()),
        "mail_p99_ms": milliseconds([(at - due).total_seconds() for due, at in left], 99),
    }


async def _all_that_left(stack: Stack, since: datetime, letters: int) -> list[tuple[datetime, datetime]]:
    """When each was due, and when it was taken; one letter for each order."""
    rows: list[asyncpg.Record] = []

    async def all_have_left() -> bool:
        rows[:] = await connection.fetch(LETTERS, since)
        return len(rows) >= letters

    async with connected(stack.databases["notifier"]) as connection:
        await until(all_have_left, within=WITHIN)
    return [(row["due_at"], row["ended_at"]) for row in rows]
