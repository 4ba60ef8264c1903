"""The nonce of a key proof serves one request: it is used up in the transaction that the request is for."""

from dataclasses import dataclass
from datetime import datetime

from eventing import UnitOfWork
from issuer.store import nonces


@dataclass(frozen=True, slots=True)
class ProofNonce:
    """A nonce by its digest, which is kept until it would lapse anyway."""

    digest: bytes
    lapses_at: datetime


class NonceUsed(Exception):
    """The nonce of the proof has served another request."""


async def use_nonce(work: UnitOfWork, nonce: ProofNonce) -> None:
    """Raises `NonceUsed`."""
    if not await nonces.use_nonce(work.connection, nonce.digest, nonce.lapses_at):
        raise NonceUsed
