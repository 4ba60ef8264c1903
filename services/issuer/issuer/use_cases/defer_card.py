"""A card whose photo cannot be had yet: the keys that asked have it from now on, and fetches it later."""

from collections.abc import Sequence
from datetime import timedelta

from eventing import UnitOfWork
from issuer.domain import Activation
from issuer.store import deferrals
from issuer.store.deferrals import Deferral
from issuer.use_cases._make_card import decide_issue
from issuer.use_cases.use_nonces import ProofNonce, use_nonces

INTERVAL = timedelta(seconds=5)
LIVES = timedelta(hours=24)  # as long as its token counts beyond its end


async def defer_card(
    work: UnitOfWork, activation: Activation, nonces: Sequence[ProofNonce], transaction_id: str
) -> Deferral:
    """Whoever asks again with such a key keeps the transaction. Raises as `domain.issue`, or `NonceUsed`."""
    await decide_issue(work, activation)
    await use_nonces(work, nonces)
    known = await deferrals.load_deferral(work.connection, activation.order_id, work.now)
    retry_at = work.now + INTERVAL
    if known is None:
        known = Deferral(activation, transaction_id, retry_at, work.now + LIVES)
    deferral = known.put_off(retry_at)
    await deferrals.save_deferral(work.connection, deferral)
    return deferral
