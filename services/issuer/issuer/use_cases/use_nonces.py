"""The nonce of a key proof serves one request: it is used up in the transaction that the request is for."""

from collections.abc import Sequence
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
    """A nonce of the proofs has served another request."""


async def use_nonces(work: UnitOfWork, used: Sequence[ProofNonce]) -> None:
    """Raises `NonceUsed`. In one order everywhere, so that two with the same nonces do not deadlock."""
    for nonce in sorted(used, key=lambda each: each.digest):
        if not await nonces.use_nonce(work.connection, nonce.digest, nonce.lapses_at):
            raise NonceUsed
