"""A card comes to be: for one phone, once per order, in one step with the end of the card it replaces."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from contracts.issuer import CardIssued, CardReplaced, CardSuspended
from eventing import UnitOfWork
from issuer.domain import Activation, Credential, Holder, Issue, NotYet, Refused, Stale, issue
from issuer.store import audit, credentials, holders, nonces, status, students
from issuer.store.audit import AuditLine
from issuer.store.status import StatusEntry
from issuer.telling import tell
from issuer.use_cases._record_outcomes import Outcome, record_outcomes
from issuer.vault import CardSafe, Vault


class NonceUsed(Exception):
    """The nonce of the proof has served another request."""


class PhotoWanted(NotYet):
    """The photo has to be fetched before the card can be given."""


@dataclass(frozen=True, slots=True)
class CardRequest:
    """An activation, and what is used up by serving it."""

    activation: Activation
    nonce_digest: bytes
    nonce_lapses_at: datetime
    notification_id: str
    photo: bytes | None


@dataclass(frozen=True, slots=True)
class GivenCard:
    """What a credential is signed from."""

    card: Credential
    holder: Holder
    photo: bytes | None
    entry: StatusEntry


async def issue_card(work: UnitOfWork, request: CardRequest, vault: Vault) -> GivenCard:
    """The same key gets the same card again. Raises as `domain.issue`, or `NonceUsed`, `PhotoWanted`."""
    conn = work.connection
    decision = await _decide(work, request.activation)
    if not await nonces.use_nonce(conn, request.nonce_digest, request.nonce_lapses_at):
        raise NonceUsed
    card = decision.card
    if decision.is_new:
        card = replace(card, notification_id=request.notification_id, issued_at=work.now)
        await _make(work, card, decision.replaced, request.activation)
    sealed = await holders.load_holder(conn, card.order_id)
    if sealed is None:
        raise Refused
    safe = vault.card(sealed, card.institution_id)
    holder = safe.holder()
    photo = await _photo(work, safe, holder.photo_sha256, request.photo)
    return GivenCard(card, holder, photo, await status.load_entry(conn, card.order_id))


async def _decide(work: UnitOfWork, activation: Activation) -> Issue:
    """Under the lock of the student, so that no other card of theirs comes to be meanwhile."""
    known = await credentials.load_credential(work.connection, activation.order_id)
    if known is None:
        raise Stale
    if known.student_ref is None:
        raise Refused
    student = await students.lock_student(work.connection, known.institution_id, known.student_ref)
    if student is None:
        raise Refused
    orders = await credentials.standing_orders(work.connection, [student.key])
    locked = await credentials.lock_credentials(work.connection, {*orders, activation.order_id})
    own = next(each for each in locked if each.order_id == activation.order_id)
    others = [each for each in locked if each.order_id != own.order_id and each.stands]
    return issue(own, activation, standing=others, office_hold=student.office_hold, now=work.now)


async def _make(
    work: UnitOfWork, card: Credential, replaced: Credential | None, activation: Activation
) -> None:
    """The old card ends first: at no moment, to nobody, are there two that stand."""
    if replaced is not None:
        line = AuditLine(replaced, "replaced", "holder")
        await record_outcomes(work, [Outcome(replaced, tell(work, CardReplaced, replaced), line)])
    await credentials.make_card(
        work.connection,
        card,
        activation_id=activation.activation_id,
        device_label=activation.device_label,
        holder_jwk=activation.holder_jwk,
    )
    await audit.add_lines(work.connection, work.now, [AuditLine(card, "issued", "holder")])
    work.publish(_issued(work, card, replaced, activation))
    if card.holds:
        await status.set_statuses(work.connection, {card.order_id: card.status})
        work.publish(tell(work, CardSuspended, card, holds=card.holds, by="office", reason=None))


def _issued(
    work: UnitOfWork, card: Credential, replaced: Credential | None, activation: Activation
) -> CardIssued:
    return tell(
        work,
        CardIssued,
        card,
        credential_id=card.credential_id,
        generation=card.generation,
        holder_jwk=activation.holder_jwk,
        holder_jkt=activation.holder_jkt,
        valid_until=card.valid_until,
        replaces=replaced.credential_id if replaced else None,
        device_label=activation.device_label,
    )


async def _photo(work: UnitOfWork, safe: CardSafe, digest: str | None, fetched: bytes | None) -> bytes | None:
    """The photo that is kept with the card, or the one just fetched, which is kept from now on."""
    kept = safe.photo()
    if kept is not None or digest is None:
        return kept
    if fetched is None or sha256(fetched).hexdigest() != digest:
        raise PhotoWanted
    await holders.save_photo(work.connection, safe.sealed.order_id, safe.seal_photo(fetched))
    return fetched
