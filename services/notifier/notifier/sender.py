"""Sends letters side by side: each sender leases one, sends it outside any transaction, and records it."""

import asyncio
import random
from contextlib import suppress
from datetime import timedelta

import structlog

from eventing import Works
from eventing.supervision import whereabouts
from notifier import metrics
from notifier.contacts import Contacts
from notifier.domain import Letter, Result
from notifier.mail import Stationery, compose, is_address
from notifier.settings import NotifierSettings
from notifier.smtp import Line
from notifier.use_cases.record_delivery import record_delivery
from notifier.use_cases.take_letter import take_letter
from servicekit.sealing import CannotOpen

log = structlog.get_logger()


class Sender:
    """One of several that work off the same rows; a letter that it loses is another's after its lease."""

    def __init__(
        self, *, works: Works, contacts: Contacts, stationery: Stationery, settings: NotifierSettings
    ) -> None:
        self._works = works
        self._contacts = contacts
        self._stationery = stationery
        self._settings = settings
        self._line = Line(settings)
        self._woken = asyncio.Event()
        self._under_way: asyncio.Task[bool] | None = None

    def wake(self) -> None:
        self._woken.set()

    async def send_or_rest(self) -> None:
        """Send one letter; when none is due, rest until woken or until it is time to look again.

        A letter under way is sent and recorded even if the process is asked to stop meanwhile.
        """
        self._woken.clear()
        self._under_way = asyncio.create_task(self.send_next())
        if await asyncio.shield(self._under_way):
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.mail_poll):
                await self._woken.wait()

    async def send_next(self) -> bool:
        """Send one letter, whatever becomes of it. False when no more are due."""
        async with self._works.begin() as work:
            letter, more = await take_letter(work, timedelta(seconds=self._settings.mail_lease))
        if letter is not None:
            await self._record(letter, await self._try(letter))
        return more

    async def _try(self, letter: Letter) -> Result:
        """A letter that cannot be written holds up no other, and is given up like one that never arrives."""
        try:
            return await self._send(letter)
        except Exception as error:  # noqa: BLE001 - it counts as an attempt, or it would be tried for ever
            seen = {"error": type(error).__name__, "at": whereabouts(error)}
            log.warning("letter_not_sent", alert_id=str(letter.alert_id), **seen)
            self._line.close()
            return "unavailable"

    async def _send(self, letter: Letter) -> Result:
        """The contact is opened here and now: the newest one counts, and it goes no further."""
        try:
            contact = self._contacts.open(letter)
        except CannotOpen:
            log.warning("contact_not_opened", alert_id=str(letter.alert_id))
            return "unavailable"
        if contact.email is None:
            return "unwanted"
        if not is_address(contact.email):
            return "refused"
        message = compose(letter, contact, contact.email, self._stationery, self._works.clock())
        with metrics.SENDING_SECONDS.time():
            return await self._line.send(message)

    async def _record(self, letter: Letter, result: Result) -> None:
        metrics.SENDINGS.labels(result).inc()
        jitter = random.random()  # noqa: S311 - only spreads retries
        async with self._works.begin() as work:
            recorded = await record_delivery(
                work, letter, result, attempts=self._settings.mail_attempts, jitter=jitter
            )
        event = "letter_recorded" if recorded else "letter_lease_lost"
        log.info(event, alert_id=str(letter.alert_id), result=result, attempt=letter.attempt)

    async def stop(self) -> None:
        """Let the letter under way end, and hang up."""
        if self._under_way is not None:
            await asyncio.wait([self._under_way])
        self._line.close()
