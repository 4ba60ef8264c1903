"""The settings of the wallet service, read once."""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from eventing.settings import UnhurriedSettings
from servicekit.settings import ServiceSettings


class WalletSettings(ServiceSettings):
    """Beyond what all services have: how patient the offer endpoint is, and what binds a token."""

    http_port: int = Field(default=8004, ge=0, le=65535)
    kafka: UnhurriedSettings = Field(default_factory=UnhurriedSettings)
    # An authentic offer may be told a moment later than its QR is seen: seconds to wait for it, and per look.
    offer_patience: float = Field(default=2, ge=0, le=10)
    offer_look: float = Field(default=0.1, gt=0)
    # Whether a token is given only to who sends a DPoP proof, and whether a proof must hold a nonce of ours.
    dpop_required: bool = False
    dpop_nonce_required: bool = True
    # Certificates of those who may vouch for wallets, and whether only such wallets get a token.
    wallet_attesters: Path | None = None
    wallet_attestation_required: bool = False

    @field_validator("wallet_attesters", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _somebody_attests(self) -> Self:
        if self.wallet_attestation_required and self.wallet_attesters is None:
            raise ValueError("WALLET_ATTESTATION_REQUIRED needs WALLET_ATTESTERS: a file of certificates")
        return self
