"""What a server asks of DPoP proofs: whether one must be sent, and hold a nonce of ours (RFC 9449, 8)."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from servicekit.dpop import DpopProof, InvalidDpopProof, check_dpop_proof
from servicekit.keys import KeyRing
from servicekit.nonces import BadNonce, new_nonce, nonce_lapses_at

DpopError = Literal["invalid_dpop_proof", "use_dpop_nonce"]


class DpopRefused(Exception):
    """`error` is the registered code; status and challenge are the server's own."""

    def __init__(self, error: DpopError, description: str) -> None:
        super().__init__(error)
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class DpopRules:
    """`server` is the address that nonces are for; `required` is for who asks when no proof was sent."""

    ring: KeyRing
    server: str
    required: bool
    nonce_required: bool

    def new_nonce(self, now: datetime) -> str:
        return new_nonce(self.ring, self._audience, now, os.urandom(16))

    def headers(self, now: datetime) -> dict[str, str]:
        """The nonce that the next proof may hold."""
        return {"DPoP-Nonce": self.new_nonce(now)}

    def check(
        self,
        proofs: Sequence[str],
        *,
        method: str,
        url: str,
        now: datetime,
        access_token: str | None = None,
    ) -> DpopProof:
        """The one proof among the headers of a request. Raises `DpopRefused`."""
        try:
            if len(proofs) != 1:
                raise InvalidDpopProof("exactly one DPoP proof is needed")
            proof = check_dpop_proof(proofs[0], method=method, url=url, now=now, access_token=access_token)
        except InvalidDpopProof as error:
            raise DpopRefused("invalid_dpop_proof", str(error)) from None
        self._check_nonce(proof, now)
        return proof

    def _check_nonce(self, proof: DpopProof, now: datetime) -> None:
        """A nonce is checked whenever there is one: a client that sends it relies on it."""
        if proof.nonce is None and not self.nonce_required:
            return
        try:
            nonce_lapses_at(self.ring, proof.nonce or "", self._audience, now)
        except BadNonce:
            raise DpopRefused("use_dpop_nonce", "use the nonce of the header DPoP-Nonce") from None

    @property
    def _audience(self) -> str:
        return f"dpop {self.server}"
