"""Push subscriptions as browsers give them, and as they are kept: sealed under this service's own keys."""

from hashlib import sha256
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from pydantic import BaseModel, ConfigDict, Field, field_validator

from notifier.domain import Delivery, KeptSubscription
from notifier.store import resealing
from servicekit.bytes import from_base64url
from servicekit.resealing import SealedColumn
from servicekit.sealing import Sealer, SealingContext

_KEPT_AS = "pl.legitka.notifier.PushSubscription"
_SECRET = 16


class Subscription(BaseModel):
    """Where a browser is reached, and for whom only it can read: none of it is ever told."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    endpoint: str = Field(repr=False)
    p256dh: str = Field(repr=False)
    auth: str = Field(repr=False)

    @field_validator("p256dh")
    @classmethod
    def _is_a_point(cls, value: str) -> str:
        EllipticCurvePublicKey.from_encoded_point(SECP256R1(), from_base64url(value))
        return value

    @field_validator("auth")
    @classmethod
    def _is_a_secret(cls, value: str) -> str:
        if len(from_base64url(value)) != _SECRET:
            raise ValueError("auth must have 16 bytes")
        return value


def id_of(endpoint: str) -> UUID:
    """The first 16 bytes of the endpoint's SHA-256: a browser finds its own subscription by it."""
    return UUID(bytes=sha256(endpoint.encode()).digest()[:16])


class Subscriptions:
    """Seals and opens; nothing that was opened outlives the call."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def seal(self, subscription: Subscription, institution_id: str, key_id: str) -> KeptSubscription:
        known_as = id_of(subscription.endpoint)
        sealed = self._sealer.seal(
            subscription.model_dump_json().encode(), _context(institution_id, known_as)
        )
        return KeptSubscription(known_as, sealed, key_id)

    def open(self, delivery: Delivery, kept: KeptSubscription) -> Subscription:
        """Raises CannotOpen."""
        return self.open_kept(delivery.institution_id, kept)

    def open_kept(self, institution_id: str, kept: KeptSubscription) -> Subscription:
        opened = self._sealer.open(kept.sealed, _context(institution_id, kept.id))
        return Subscription.model_validate_json(opened)

    def column(self) -> SealedColumn:
        """Where subscriptions are kept, for the day when the key that seals them changes."""
        return SealedColumn(
            self._sealer,
            lambda row: _context(row.institution_id, row.id),
            resealing.subscriptions,
            resealing.save_subscriptions,
        )


def _context(institution_id: str, subscription_id: UUID) -> SealingContext:
    return SealingContext(_KEPT_AS, institution_id, subscription_id, field="push_subscription")
