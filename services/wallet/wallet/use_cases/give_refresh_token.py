"""The first refresh token of an activation, for the key that its access token is bound to."""

from eventing import UnitOfWork
from wallet.domain import Grant
from wallet.refresh_tokens import RefreshToken
from wallet.store import refresh_tokens


async def give_refresh_token(work: UnitOfWork, grant: Grant, secret: bytes) -> RefreshToken:
    """An answer that was lost is given again with another token, and the lost one is worth nothing."""
    token = RefreshToken(grant.activation_id, secret)
    await refresh_tokens.begin(work.connection, grant, token.digest)
    return token
