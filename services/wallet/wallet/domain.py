"""Decisions about offers, attempts, claims, cards and shown codes. Pure: no I/O, no clock, no randomness."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from contracts.base import DeviceLabel

MAX_ATTEMPTS = 5
CLAIM_STANDS = timedelta(minutes=10)

Ended = Literal["superseded", "withdrawn", "issued"]
CardEnd = Literal["revoked", "replaced"]
CardState = Literal["active", "suspended", "revoked", "replaced", "expired"]
Outcome = Literal["valid", "suspended", "revoked", "expired", "too_old", "unknown"]


class Refusal(StrEnum):
    """Why a code is not redeemed. Only a wrong code uses up an attempt."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    ISSUED = "issued"
    EXPIRED = "expired"
    LOCKED = "locked"
    OTHER_CONFIGURATION = "other_configuration"
    CLAIMED = "claimed"
    WRONG_CODE = "wrong_code"


@dataclass(frozen=True, slots=True)
class Offer:
    """One generation of an order's offer, as served."""

    offer_id: str
    order_id: UUID
    institution_id: str
    credential_id: UUID
    configuration_id: str
    generation: int
    expires_at: datetime
    attempts: int
    ended: Ended | None
    claimed_until: datetime | None
    claim_thumbprint: str | None

    def is_claimed(self, now: datetime) -> bool:
        return self.claimed_until is not None and now < self.claimed_until

    def is_served(self, now: datetime) -> bool:
        return self.ended is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was taken, with what the code is compared to."""

    offer: Offer
    code_digest: str
    digest_key_id: str

    @property
    def left(self) -> int:
        return MAX_ATTEMPTS - self.offer.attempts


@dataclass(frozen=True, slots=True)
class Redemption:
    """What a wallet asks for: an offer, its activation code, and what it tells about itself."""

    offer_id: str
    generation: int
    tx_code: str
    configuration_id: str | None
    device_label: DeviceLabel
    terms_version: str | None
    jkt: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A claim that was taken: who holds its token, and its key, may have the card made until it lapses."""

    activation_id: UUID
    offer: Offer
    device_label: DeviceLabel
    jkt: str | None


class RenewalRefusal(StrEnum):
    """Why a refresh token is not taken. Only one that was used before changes anything."""

    UNKNOWN = "unknown"
    REUSED = "reused"
    NOT_ISSUED = "not_issued"
    SUSPENDED = "suspended"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Renewal:
    """What the refresh tokens of an activation are worth, and the digests of the two that may still come."""

    grant: Grant
    current: bytes
    previous: bytes | None


@dataclass(frozen=True, slots=True)
class Denial:
    """No grant, and why. A wrong code that was counted tells how many attempts are left."""

    refusal: Refusal
    attempts_left: int | None = None


def refuse(offer: Offer | None, redemption: Redemption, now: datetime) -> Refusal | None:
    """Why no attempt may be taken, or None. Expiry comes before all that would change anything."""
    if offer is None or offer.generation != redemption.generation:
        return Refusal.UNKNOWN
    if offer.ended is not None:
        return Refusal.ISSUED if offer.ended == "issued" else Refusal.ENDED
    if now >= offer.expires_at:
        return Refusal.EXPIRED
    if offer.attempts >= MAX_ATTEMPTS:
        return Refusal.LOCKED
    if redemption.configuration_id not in (None, offer.configuration_id):
        return Refusal.OTHER_CONFIGURATION
    if offer.is_claimed(now) and (redemption.jkt is None or redemption.jkt != offer.claim_thumbprint):
        return Refusal.CLAIMED
    return None


@dataclass(frozen=True, slots=True)
class Card:
    """A card as far as it has been told: without a key it has not been issued yet."""

    credential_id: UUID
    institution_id: str
    holder_jwk: Mapping[str, str] | None
    valid_until: datetime | None
    ended: CardEnd | None
    holds: Collection[str]
    revision: int | None = None  # of its data, once they have changed

    def state(self, now: datetime) -> CardState:
        """Expired is computed and never stored, so that an extension can still come."""
        if self.ended is not None:
            return self.ended
        if self.valid_until is not None and self.valid_until <= now:
            return "expired"
        return "suspended" if self.holds else "active"


# A card may be extended some time after its end.
RENEWABLE_FOR = timedelta(days=30)


def refuse_renewal(
    renewal: Renewal, card: Card | None, digest: bytes, jkt: str, now: datetime
) -> RenewalRefusal | None:
    """Who lacks the key learns and ends nothing. The former token is good until the newest is used."""
    if jkt != renewal.grant.jkt:
        return RenewalRefusal.UNKNOWN
    if digest not in (renewal.current, renewal.previous):
        return RenewalRefusal.REUSED
    if card is None or card.valid_until is None:
        return RenewalRefusal.NOT_ISSUED
    if card.ended is not None or card.valid_until + RENEWABLE_FOR <= now:
        return RenewalRefusal.ENDED
    return RenewalRefusal.SUSPENDED if card.holds else None


# A shown code is fresh for this long after it was made; a phone's clock may be this much ahead.
SHOWN_BEFORE = timedelta(seconds=30)
SHOWN_AHEAD = timedelta(seconds=5)
# Beyond this a code is old, not the clock wrong.
CLOCK_SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a checker is told. `clock_skew`: how far the phone's clock may be off (ahead is positive)."""

    outcome: Outcome
    institution_id: str | None = None
    clock_skew: timedelta | None = None
    valid_until: datetime | None = None
    pack: bytes | None = None


UNKNOWN = Verdict("unknown")


def judge(card: Card, pack: bytes | None, shown_at: int, now: datetime) -> Verdict:
    """Judge a code whose signature holds: first its time, and only then the card's state."""
    skew = timedelta(seconds=shown_at - now.timestamp())
    if not -SHOWN_BEFORE <= skew <= SHOWN_AHEAD:
        named = skew if abs(skew) < CLOCK_SKEW else None
        return Verdict("too_old", card.institution_id, clock_skew=named)
    match card.state(now):
        case "active":
            return Verdict("valid", card.institution_id, valid_until=card.valid_until, pack=pack)
        case "replaced":
            return Verdict("revoked", card.institution_id)
        case "suspended" | "revoked" | "expired" as state:
            return Verdict(state, card.institution_id)
