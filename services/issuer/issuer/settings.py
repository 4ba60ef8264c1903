"""The settings of the issuer, read once."""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from servicekit.settings import ServiceSettings


class IssuerSettings(ServiceSettings):
    """Beyond what all services have: status lists, where peers are reached inside, and what binds a token."""

    signs_people_in = False

    http_port: int = Field(default=8002, ge=0, le=65535)
    # Entries of a new status list; a list is closed at half of it, so that random draws rarely collide.
    status_list_size: int = Field(default=2**20, ge=2**4, le=2**24)
    # How old a signed list may be when it is served; what changed meanwhile is seen after the shorter one.
    status_list_signed_every: float = Field(default=25, gt=0, le=30)
    status_list_read_every: float = Field(default=4, ge=0, le=5)
    # Where the peers are reached inside, if their public addresses are not reachable from here.
    ordering_internal_url: str | None = None
    wallet_internal_url: str | None = None
    photo_timeout: float = Field(default=3, gt=0)
    # Seconds between two looks for what is kept no longer.
    forgetting_interval: float = Field(default=3600, gt=0)
    # Whether a token counts only with a DPoP proof, and whether a proof must hold a nonce of ours.
    dpop_required: bool = False
    dpop_nonce_required: bool = True
    # Whether cards go only into encrypted answers to encrypted requests.
    encryption_required: bool = False
    # Certificates of those who may vouch for keys of wallets, and whether only such keys get a card.
    key_attesters: Path | None = None
    key_attestation_required: bool = False

    @field_validator("key_attesters", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @model_validator(mode="after")
    def _somebody_attests(self) -> Self:
        if self.key_attestation_required and self.key_attesters is None:
            raise ValueError("KEY_ATTESTATION_REQUIRED needs KEY_ATTESTERS: a file of certificates")
        return self

    @field_validator("status_list_size")
    @classmethod
    def _power_of_two(cls, value: int) -> int:
        if value & (value - 1):
            raise ValueError("must be a power of two, so that every index is as likely")
        return value
