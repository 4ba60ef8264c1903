"""An order becomes an offer: credential id, offer id, activation code, and a place in a status list."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.issuer import CredentialReady, CredentialRejected
from contracts.ordering import OrderPlaced
from eventing import UnitOfWork
from issuer.domain import Credential, Holder, Student, offer_ends_at, reasons_to_reject
from issuer.store import credentials, holders, status
from issuer.store.holders import SealedHolder
from issuer.telling import tell, tell_ready
from issuer.use_cases._apply_office_holds import ToldHold, apply_office_holds
from issuer.vault import OfferSecrets
from issuer.workshop import Workshop, draw_indices


async def make_offers(
    work: UnitOfWork, placed: Sequence[OrderPlaced], secrets: Sequence[OfferSecrets], workshop: Workshop
) -> None:
    """Orders that are known, erased ones too, are left as they are: what was told stays in the log."""
    known = await credentials.known_orders(work.connection, [event.order_id for event in placed])
    fresh = [
        (event, drawn) for event, drawn in zip(placed, secrets, strict=True) if event.order_id not in known
    ]
    await apply_office_holds(work, [_told_hold(event) for event, _ in fresh])
    offers = [_make(work, event, drawn, workshop) for event, drawn in fresh]
    await _save(work, offers)


@dataclass(frozen=True, slots=True)
class _Offer:
    credential: Credential
    holder: SealedHolder | None
    event: CredentialReady | CredentialRejected


def _make(work: UnitOfWork, event: OrderPlaced, secrets: OfferSecrets, workshop: Workshop) -> _Offer:
    plain = workshop.vault.open_delivered(event)
    holder = Holder.model_validate_json(plain)
    reasons = reasons_to_reject(holder, work.now)
    credential = _credential(work, event, holder, workshop, is_rejected=bool(reasons))
    if reasons:
        return _Offer(credential, None, tell(work, CredentialRejected, credential, reasons=reasons))
    ready = tell_ready(work, credential, secrets, workshop.vault)
    return _Offer(credential, workshop.vault.lock_away(event, plain), ready)


def _credential(
    work: UnitOfWork, event: OrderPlaced, holder: Holder, workshop: Workshop, *, is_rejected: bool
) -> Credential:
    lifetime = workshop.institution(event.institution_id).offer_lifetime_days
    return Credential(
        order_id=event.order_id,
        institution_id=event.institution_id,
        student_ref=event.student_ref,
        credential_id=work.new_id(),
        state="rejected" if is_rejected else "offered",
        generation=1,
        offer_expires_at=offer_ends_at(work.now, lifetime, holder.valid_until),
        replaces=event.replaces,
        valid_until=holder.valid_until,
    )


def _told_hold(event: OrderPlaced) -> ToldHold:
    return ToldHold(Student(event.institution_id, event.student_ref, event.office_hold, event.hold_version))


async def _save(work: UnitOfWork, offers: Sequence[_Offer]) -> None:
    if not offers:
        return
    await credentials.insert_credentials(work.connection, [offer.credential for offer in offers])
    sealed = [offer.holder for offer in offers if offer.holder]
    await holders.insert_holders(work.connection, sealed)
    indexed = {o.credential.order_id: o.credential.institution_id for o in offers if o.holder}
    await status.allocate(work.connection, indexed, draw_indices)
    work.publish(*(offer.event for offer in offers))
