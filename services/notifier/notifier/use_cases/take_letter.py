"""Take on one letter that is due, for as long as a lease."""

from datetime import timedelta

from eventing import UnitOfWork
from notifier.domain import Letter, held_until
from notifier.store import deliveries

AT_ONCE = 50  # letters that one transaction sets aside: their rows stay locked until it ends


async def take_letter(work: UnitOfWork, lease_for: timedelta) -> tuple[Letter | None, bool]:
    """A letter to send, and whether there may be more.

    What is outdated is dropped, what falls into its recipient's quiet hours is put off; then comes the next.
    """
    for _ in range(AT_ONCE):
        letter = await deliveries.lease_letter(
            work.connection, now=work.now, lease=work.new_id(), until=work.now + lease_for
        )
        if letter is None or not await _set_aside(work, letter):
            return letter, letter is not None
    return None, True


async def _set_aside(work: UnitOfWork, letter: Letter) -> bool:
    if letter.outdated:
        return await deliveries.end_delivery(work.connection, letter, "dropped", "outdated", work.now)
    quiet_until = held_until(letter.kind, letter.quiet_hours, work.now)
    if quiet_until is None:
        return False
    return await deliveries.put_back(work.connection, letter, quiet_until, None, attempts=letter.attempt - 1)
