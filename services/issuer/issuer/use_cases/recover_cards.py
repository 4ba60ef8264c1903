"""Cards that were issued after the time to which the database was restored, as the old log tells them."""

from collections.abc import Iterable
from dataclasses import replace

from contracts.issuer import CardIssued
from eventing import UnitOfWork
from issuer.domain import Activation, Credential, HolderKey, NotYet, Refused, Stale
from issuer.store import credentials
from issuer.store.audit import AuditLine
from issuer.telling import tell_end
from issuer.use_cases._make_card import decide_issue, make_card
from issuer.use_cases._record_outcomes import Outcome, record_outcomes

REASON = "restore"


async def recover_cards(work: UnitOfWork, issued: Iterable[CardIssued]) -> None:
    """A card keeps its place in its list where that is known; one whose place is lost is told as revoked.

    Of several instances the first is known again. The places of the others are nobody's now, and so revoked.
    Cards that are known already, or have ended, are left as they are: so this may be done twice.
    """
    for event in issued:
        known = await credentials.load_credential(work.connection, event.order_id)
        if known is not None and known.erased_at is None and known.state in ("offered", "withdrawn"):
            await _recover(work, known, event)


async def _recover(work: UnitOfWork, known: Credential, event: CardIssued) -> None:
    generation = max(known.generation, event.generation)
    await credentials.save_credentials(work.connection, [replace(known, generation=generation)])
    activation = Activation(
        activation_id=REASON,
        order_id=event.order_id,
        institution_id=event.institution_id,
        generation=generation,
        credential_id=event.credential_id,
        device_label=event.device_label,
        keys=(HolderKey(event.holder_jwk, event.holder_jkt),),
    )
    try:
        decision = await decide_issue(work, activation)
    except (Refused, Stale, NotYet):
        await _revoke(work, known)
        return
    card = replace(decision.card, issued_at=event.occurred_at)
    await make_card(work, replace(decision, card=card), activation)


async def _revoke(work: UnitOfWork, known: Credential) -> None:
    """The offer was made anew or withdrawn meanwhile: what came of it before is valid no more."""
    after = replace(known, state="revoked")
    line = AuditLine(after, "revoked", "system", REASON)
    await record_outcomes(work, [Outcome(after, tell_end(work, after, REASON), line)])
