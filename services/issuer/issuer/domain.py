"""States of an order's credential and every decision about it. Pure: no I/O, no clock, no ids, no chance."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from contracts.base import DeviceLabel, Party, UtcDatetime

State = Literal["offered", "rejected", "withdrawn", "active", "suspended", "revoked", "replaced"]

CONFIGURATION_ID = "legitymacja_studencka_sd_jwt"

STANDING: frozenset[State] = frozenset({"active", "suspended"})
PARTIES: tuple[Party, ...] = ("holder", "office", "system")

STATUS_VALID, STATUS_INVALID, STATUS_SUSPENDED = 0, 1, 2


class Holder(BaseModel):
    """The person as ordering tells about them, and as the card shows them."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    given_names: str
    family_name: str
    birth_date: date
    pesel: str | None
    student_number: str | None
    photo_sha256: str | None
    programme: str | None
    cycle: str | None
    valid_until: UtcDatetime


@dataclass(frozen=True, slots=True)
class Student:
    """A student of one institution, with the office's hold of the highest version that was told."""

    institution_id: str
    student_ref: UUID
    office_hold: bool
    hold_version: int

    @property
    def key(self) -> tuple[str, UUID]:
        return self.institution_id, self.student_ref


@dataclass(frozen=True, slots=True)
class Credential:
    """What the issuer has for an order: an offer, and the card that came of it."""

    order_id: UUID
    institution_id: str
    student_ref: UUID | None
    credential_id: UUID | None
    state: State
    generation: int
    offer_expires_at: datetime | None
    replaces: UUID | None
    valid_until: datetime | None
    revision: int = 1
    holds: tuple[Party, ...] = ()
    holder_suspension: int = 0
    system_suspension: int = 0
    holder_jkt: str | None = None
    notification_id: str | None = None
    issued_at: datetime | None = None
    erased_at: datetime | None = None

    @property
    def student_key(self) -> tuple[str, UUID]:
        if self.student_ref is None:
            raise ValueError("an erased credential leads to no student")
        return self.institution_id, self.student_ref

    @property
    def stands(self) -> bool:
        return self.state in STANDING

    @property
    def status(self) -> int:
        """What the status list says about the card; an offer has nothing to say yet."""
        match self.state:
            case "revoked" | "replaced":
                return STATUS_INVALID
            case "suspended":
                return STATUS_SUSPENDED
        return STATUS_VALID


@dataclass(frozen=True, slots=True)
class HolderKey:
    """A key of a phone, and its thumbprint (RFC 7638)."""

    jwk: dict[str, str]
    jkt: str


@dataclass(frozen=True, slots=True)
class Activation:
    """Who asks for the card: what the access token says, and a key for each instance; the first leads."""

    activation_id: str
    order_id: UUID
    institution_id: str
    generation: int
    credential_id: UUID
    device_label: DeviceLabel
    keys: tuple[HolderKey, ...]


class Refused(Exception):
    """The card is not given, and never will be for this activation."""


class Stale(Exception):
    """The activation belongs to an older generation of the offer, or to no card of ours."""


class NotYet(Exception):
    """Another card of the student still stands, and its end is on the way."""


def reasons_to_reject(holder: Holder, now: datetime) -> tuple[str, ...]:
    reasons = []
    if holder.valid_until <= now:
        reasons.append("validity_ended")
    if not (holder.given_names.strip() or holder.family_name.strip()):
        reasons.append("name_missing")
    return tuple(reasons)


def offer_ends_at(now: datetime, lifetime_days: int, valid_until: datetime) -> datetime:
    return min(now + timedelta(days=lifetime_days), valid_until)


def renew(credential: Credential, generation: int, expires_at: datetime) -> Credential:
    """A newer generation of an open offer. Anything else leaves the credential as it was."""
    if credential.state != "offered" or generation <= credential.generation:
        return credential
    return replace(credential, generation=generation, offer_expires_at=expires_at)


def withdraw(credential: Credential) -> Credential:
    """The offer ends; a card that was made of it stays."""
    return replace(credential, state="withdrawn") if credential.state == "offered" else credential


def end(credential: Credential) -> Credential:
    """The offer is withdrawn, or the card that was made of it is revoked: nothing of the order stands."""
    if credential.stands:
        return replace(credential, state="revoked", holds=())
    return withdraw(credential)


def revoke(credential: Credential) -> Credential:
    """Only of a card is this asked: one that is an offer here was issued, and forgotten by a restore."""
    if credential.stands or credential.state == "offered":
        return replace(credential, state="revoked", holds=())
    return credential


@dataclass(frozen=True, slots=True)
class Issue:
    """A decision to give a card: to which keys, whether it is new, and which card ends in the same step."""

    card: Credential
    keys: tuple[HolderKey, ...]
    is_new: bool
    replaced: Credential | None


def issue(
    credential: Credential,
    activation: Activation,
    *,
    standing: Sequence[Credential],
    office_hold: bool,
    now: datetime,
    held_by: Collection[str],
) -> Issue:
    """One card per order, and the keys that come first have it; no other is ever added to them.

    `standing` are the student's other cards that have not ended, `held_by` the thumbprints of the keys that
    have this card, or wait for it. Raises `Refused`, `Stale` or `NotYet`.
    """
    told = activation.institution_id, activation.generation, activation.credential_id
    if told != (credential.institution_id, credential.generation, credential.credential_id):
        raise Stale
    keys = tuple(key for key in activation.keys if not held_by or key.jkt in held_by)
    if not keys:
        raise Refused
    if credential.stands and held_by:
        return Issue(credential, keys, is_new=False, replaced=None)
    if credential.state != "offered" or has_expired(credential, now):
        raise Refused
    holds: list[Party] = ["office"] if office_hold else []
    card = with_holds(replace(credential, holder_jkt=keys[0].jkt), holds)
    return Issue(card, keys, is_new=True, replaced=_switched_off(credential, standing, now))


def _switched_off(new: Credential, standing: Sequence[Credential], now: datetime) -> Credential | None:
    for old in standing:
        if old.credential_id != new.replaces and not has_expired(old, now):
            raise NotYet
        return replace(old, state="replaced", holds=())
    return None


def has_expired(credential: Credential, now: datetime) -> bool:
    """Computed and never stored, so that an extension can still come."""
    return credential.valid_until is not None and credential.valid_until <= now


def with_holds(card: Credential, holds: Iterable[Party]) -> Credential:
    standing = set(holds)
    ordered = tuple(party for party in PARTIES if party in standing)
    return replace(card, holds=ordered, state="suspended" if ordered else "active")


def suspend(card: Credential, by: Party, number: int) -> Credential:
    """Lay a hold of the holder or the system; `number` is that of the request in its stream."""
    if not card.stands:
        return card
    return with_holds(_noted(card, by, number), {*card.holds, by})


def reinstate(card: Credential, by: Party, number: int) -> Credential:
    """Lift one party's own hold, unless a later request has laid it."""
    if not card.stands or number < _last_suspension(card, by):
        return card
    return with_holds(card, set(card.holds) - {by})


def hold_by_office(card: Credential, held: bool) -> Credential:
    """What the student's hold means for one card. Its order comes from its version, not from any stream."""
    if not card.stands:
        return card
    others = set(card.holds) - {"office"}
    return with_holds(card, {*others, "office"} if held else others)


def _last_suspension(card: Credential, by: Party) -> int:
    return card.holder_suspension if by == "holder" else card.system_suspension


def _noted(card: Credential, by: Party, number: int) -> Credential:
    latest = max(number, _last_suspension(card, by))
    if by == "holder":
        return replace(card, holder_suspension=latest)
    return replace(card, system_suspension=latest)


def is_same_to_others(before: Credential, after: Credential) -> bool:
    """Whether only the number of a suspension was noted, of a hold that stood already."""
    noted = (after.holder_suspension, after.system_suspension)
    return after == replace(before, holder_suspension=noted[0], system_suspension=noted[1])


def extend(credential: Credential, valid_until: datetime) -> Credential:
    """Move the end of a card, or of the card to come, further away. What has ended is not brought back.

    Never nearer: phones hold signed cards that say the later day, and only a revocation takes that back.
    """
    if not (credential.stands or credential.state == "offered"):
        return credential
    return replace(credential, valid_until=max(credential.valid_until or valid_until, valid_until))


def update(credential: Credential) -> Credential:
    """A new revision of a card, or of the card to come, whose holder's data have changed."""
    if not (credential.stands or credential.state == "offered"):
        return credential
    return replace(credential, revision=credential.revision + 1)


def erase(credential: Credential, now: datetime) -> Credential:
    """What stays of an erased order: that it was, and that its card is not valid."""
    if credential.erased_at is not None:
        return credential
    return replace(end(credential), erased_at=now, student_ref=None, holder_jkt=None, notification_id=None)


def newest_holds(told: Iterable[Student]) -> list[Student]:
    """Per student the hold of the highest version, in lock order."""
    newest: dict[tuple[str, UUID], Student] = {}
    for student in told:
        known = newest.get(student.key)
        if known is None or student.hold_version > known.hold_version:
            newest[student.key] = student
    return [newest[key] for key in sorted(newest)]
