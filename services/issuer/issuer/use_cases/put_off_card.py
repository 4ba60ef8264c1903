"""A card that still cannot be given is asked for later."""

from eventing import UnitOfWork
from issuer.store import deferrals
from issuer.store.deferrals import Deferral
from issuer.use_cases.defer_card import INTERVAL


async def put_off_card(work: UnitOfWork, deferral: Deferral) -> Deferral:
    """Whoever asks before its time is told how long it still is, and nothing is tried."""
    if not deferral.is_due(work.now):
        return deferral
    later = deferral.put_off(work.now + INTERVAL)
    await deferrals.save_deferral(work.connection, later)
    return later
