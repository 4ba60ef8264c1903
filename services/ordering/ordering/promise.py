"""How long an order takes at present, as it is told to whoever waits: measured, never promised by hand."""

import asyncio
from datetime import datetime, timedelta

from ordering import store
from servicekit.database import Pool

LOOKS_BACK = timedelta(hours=1)
HOLDS_FOR = timedelta(seconds=30)


class Promise:
    """One per process; asks the database now and then, not for each page."""

    def __init__(self) -> None:
        self._median: timedelta | None = None
        self._until: datetime | None = None
        self._asking = asyncio.Lock()

    async def median(self, pool: Pool, now: datetime) -> timedelta | None:
        """From placing to ready, over the orders of the last hour; none when there were none."""
        async with self._asking:
            if self._until is None or now >= self._until or now < self._until - HOLDS_FOR:
                async with pool.acquire() as connection:
                    self._median = await store.timeline.median_wait(connection, now - LOOKS_BACK, now)
                self._until = now + HOLDS_FOR
        return self._median
