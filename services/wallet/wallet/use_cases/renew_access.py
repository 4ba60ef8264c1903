"""Renew access to a card that stands: another access token, and the next refresh token."""

from collections.abc import Sequence

from eventing import UnitOfWork
from wallet.domain import Grant, RenewalRefusal, refuse_renewal
from wallet.refresh_tokens import RefreshToken
from wallet.store import cards, refresh_tokens


async def renew_access(
    work: UnitOfWork, token: RefreshToken, jkt: str, following: Sequence[RefreshToken]
) -> tuple[Grant, RefreshToken] | RenewalRefusal:
    """With the token that follows: of `following` the one that was given before, or else the first.

    A refusal is returned, not raised: that a stolen token ends all of its activation must be committed.
    """
    credential_id = await refresh_tokens.card_of(work.connection, token.activation_id)
    if credential_id is None:
        return RenewalRefusal.UNKNOWN
    card = await cards.lock_card(work.connection, credential_id)  # first, as whoever ends a card does
    renewal = await refresh_tokens.lock_renewal(work.connection, token.activation_id)
    if renewal is None:
        return RenewalRefusal.UNKNOWN
    refusal = refuse_renewal(renewal, card, token.digest, jkt, work.now)
    if refusal is RenewalRefusal.REUSED:
        await refresh_tokens.end(work.connection, token.activation_id)
    if refusal is not None:
        return refusal
    successor = next((one for one in following if one.digest == renewal.current), following[0])
    await refresh_tokens.rotate(work.connection, token.activation_id, token.digest, successor.digest)
    return renewal.grant, successor
