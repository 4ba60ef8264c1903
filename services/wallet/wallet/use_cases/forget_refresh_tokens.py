"""Refresh tokens of cards whose validity ended long ago are forgotten."""

from eventing import UnitOfWork
from wallet.domain import RENEWABLE_FOR
from wallet.store import refresh_tokens


async def forget_refresh_tokens(work: UnitOfWork) -> None:
    await refresh_tokens.forget(work.connection, work.now - RENEWABLE_FOR)
