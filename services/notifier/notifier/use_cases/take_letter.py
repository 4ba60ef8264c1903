"""Take on one letter that is due, for as long as a lease."""

from datetime import timedelta

from eventing import UnitOfWork
from notifier.domain import Letter, held_until
from notifier.store import deliveries


async def take_letter(work: UnitOfWork, lease_for: timedelta) -> Letter | None:
    """What falls into its recipient's quiet hours is put off, and the next one is taken."""
    while True:
        letter = await deliveries.lease_letter(
            work.connection, now=work.now, lease=work.new_id(), until=work.now + lease_for
        )
        if letter is None:
            return None
        quiet_until = held_until(letter.kind, letter.quiet_hours, work.now)
        if quiet_until is None:
            return letter
        await deliveries.put_back(work.connection, letter, quiet_until, None, attempts=letter.attempt - 1)
