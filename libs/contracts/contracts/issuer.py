"""Facts about offers and cards, told by the issuer, who alone decides about them."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.base import Code, DeviceLabel, Generation, Party, Sealed, StreamEvent, UtcDatetime

OfferId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{32}$")]
WalletEvent = Literal["credential_accepted", "credential_failure", "credential_deleted"]


class CredentialReady(StreamEvent):
    """An offer can be activated with the code that is sealed here."""

    credential_id: UUID
    generation: Generation
    offer_id: OfferId = Field(repr=False)
    expires_at: UtcDatetime
    activation_code_sealed: Sealed = Field(repr=False, description="sealed for ordering")
    activation_code_digest: str = Field(repr=False, description="keyed digest, for the wallet")
    digest_key_id: str
    configuration_id: str


class CredentialRejected(StreamEvent):
    """No card can be made of this order."""

    reasons: tuple[Code, ...]


class OfferWithdrawn(StreamEvent):
    """The offer of this generation is dead."""

    generation: Generation
    reason: Code


class CardIssued(StreamEvent):
    """A card was made for the key of one phone."""

    credential_id: UUID
    generation: Generation
    holder_jwk: dict[str, str] = Field(description="public EC key; of several instances, that of the first")
    holder_jkt: str = Field(description="thumbprint of the key (RFC 7638)")
    valid_until: UtcDatetime
    replaces: UUID | None
    device_label: DeviceLabel


class CardSuspended(StreamEvent):
    """At least one hold stands on the card."""

    holds: tuple[Party, ...]
    by: Party
    reason: Code | None


class CardReinstated(StreamEvent):
    """A hold was lifted. The card is active if none stands any more."""

    holds: tuple[Party, ...]
    by: Party
    reason: Code | None


class CardRevoked(StreamEvent):
    """The card has ended for good."""

    reason: Code


class CardReplaced(StreamEvent):
    """The card has ended because its holder activated another."""


class CardExtended(StreamEvent):
    """The card is valid for longer."""

    valid_until: UtcDatetime


class CardUpdated(StreamEvent):
    """The card shows other data."""

    revision: int


class WalletReported(StreamEvent):
    """A wallet told what became of the credential that it was given."""

    credential_id: UUID
    event: WalletEvent


class CredentialErased(StreamEvent):
    """Offer, card and holder data of this order are deleted."""
