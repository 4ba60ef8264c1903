"""Sends deliveries side by side: each sender leases one, sends it outside any transaction, and records it."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from eventing import Works
from eventing.supervision import whereabouts
from notifier import metrics
from notifier.carriers import Carrier
from notifier.domain import Delivery, Outcome
from notifier.use_cases.record_delivery import record_delivery
from notifier.use_cases.take_delivery import take_delivery

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a delivery belongs to its sender, how often it is tried, how often a sender looks unasked."""

    lease: timedelta
    attempts: int
    poll: float


class Bell:
    """Shared by the senders of a channel: each ring wakes one of them, or keeps the next from resting."""

    def __init__(self) -> None:
        self._rung: asyncio.Queue[None] = asyncio.Queue(1)
        self.resting = 0

    def ring(self) -> None:
        with suppress(asyncio.QueueFull):
            self._rung.put_nowait(None)

    async def wait(self, longest: float) -> None:
        """Until it rings, or for so many seconds."""
        self.resting += 1
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(longest):
                    await self._rung.get()
        finally:
            self.resting -= 1


class Sender:
    """One of several that work off the same rows; a delivery that it loses is another's after its lease.

    Who takes one on rings for the next sender: as many are awake as there is to do.
    """

    def __init__(self, *, works: Works, carrier: Carrier, pace: Pace, bell: Bell) -> None:
        self._works = works
        self._carrier = carrier
        self._pace = pace
        self._bell = bell
        self._under_way: asyncio.Task[bool] | None = None

    async def send_or_rest(self) -> None:
        """Send one delivery; when none is due, rest until the bell rings or it is time to look again.

        A delivery under way is sent and recorded even if the process is asked to stop meanwhile.
        """
        self._under_way = asyncio.create_task(self.send_next())
        if not await asyncio.shield(self._under_way):
            await self._bell.wait(self._pace.poll)

    async def send_next(self) -> bool:
        """Send one delivery, whatever becomes of it. False when no more are due."""
        async with self._works.begin() as work:
            delivery, more = await take_delivery(work, self._carrier.channel, self._pace.lease)
        if delivery is not None:
            self._bell.ring()
            await self._record(delivery, await self._try(delivery))
        return more

    async def _try(self, delivery: Delivery) -> Outcome:
        """What cannot be written holds up nothing else, and is given up like what never arrives."""
        try:
            with metrics.SENDING_SECONDS.labels(delivery.channel).time():
                return await self._carrier.carry(delivery)
        except Exception as error:  # noqa: BLE001 - it counts as an attempt, or it would be tried for ever
            seen = {"error": type(error).__name__, "at": whereabouts(error)}
            log.warning(
                "delivery_not_sent", channel=delivery.channel, alert_id=str(delivery.alert_id), **seen
            )
            self._carrier.close()
            return Outcome("unavailable")

    async def _record(self, delivery: Delivery, outcome: Outcome) -> None:
        metrics.SENDINGS.labels(delivery.channel, outcome.result).inc()
        jitter = random.random()  # noqa: S311 - only spreads retries
        async with self._works.begin() as work:
            recorded = await record_delivery(
                work, delivery, outcome, attempts=self._pace.attempts, jitter=jitter
            )
        log.info(
            "delivery_recorded" if recorded else "delivery_lease_lost",
            channel=delivery.channel,
            alert_id=str(delivery.alert_id),
            result=outcome.result,
            attempt=delivery.attempt,
        )

    async def stop(self) -> None:
        """Let the delivery under way end, and hang up."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        self._carrier.close()
