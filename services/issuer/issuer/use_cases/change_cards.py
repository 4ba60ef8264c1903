"""Cards are revoked, suspended, reinstated, extended, updated as ordering asks. What has ended stays so."""

from collections.abc import Sequence

from contracts.base import StreamEvent
from contracts.issuer import CardExtended, CardReinstated, CardSuspended, CardUpdated
from contracts.ordering import CardChange, CardChangeRequested
from eventing import Received, UnitOfWork
from issuer.domain import Credential, Student, extend, is_same_to_others, reinstate, revoke, suspend, update
from issuer.store import credentials, holders
from issuer.store.audit import AuditLine
from issuer.store.holders import SealedHolder
from issuer.telling import tell, tell_end
from issuer.use_cases._apply_office_holds import ToldHold, apply_office_holds
from issuer.use_cases._record_outcomes import Outcome, record_outcomes
from issuer.vault import Vault

UNSAID = "requested"

_ACTIONS: dict[CardChange, str] = {
    "revoke": "revoked",
    "suspend": "suspended",
    "reinstate": "reinstated",
    "extend": "extended",
    "update": "updated",
}


async def change_cards(
    work: UnitOfWork, requests: Sequence[Received[CardChangeRequested]], vault: Vault
) -> None:
    """A request that finds things as it wants them tells nothing: what it wants is in the stream already.

    A suspension that came ahead is told all the same: a reinstatement that it has overtaken never will be.
    """
    await apply_office_holds(
        work, [_told_hold(each.event) for each in requests if _is_office_hold(each.event)]
    )
    asked = {each.event.order_id: each for each in requests if not _is_office_hold(each.event)}
    locked = await credentials.lock_credentials(work.connection, asked)
    renewing = [order_id for order_id, each in asked.items() if each.event.change in ("extend", "update")]
    kept = await holders.load_holders(work.connection, renewing) if renewing else {}
    outcomes, renewed = [], []
    for credential in locked:
        request, holder = asked[credential.order_id], kept.get(credential.order_id)
        after = _decide(credential, request, holder)
        if after != credential or _is_answered_anyway(credential, request.event):
            outcomes.append(_outcome(work, credential, after, request))
        if after != credential and request.event.change == "update":
            renewed.append(vault.relock(request.event, holder))
    if renewed:
        await holders.replace_holders(work.connection, renewed)
    await record_outcomes(work, outcomes)


def _is_answered_anyway(credential: Credential, event: CardChangeRequested) -> bool:
    """Whoever wants a card extended is told its end, also when that is later already or cannot be moved."""
    return event.change == "extend" and credential.stands


def _is_office_hold(event: CardChangeRequested) -> bool:
    return event.by == "office" and event.change in ("suspend", "reinstate")


def _told_hold(event: CardChangeRequested) -> ToldHold:
    if event.hold_version is None:
        raise ValueError("a hold of the office comes with its version")
    held = event.change == "suspend"
    student = Student(event.institution_id, event.student_ref, held, event.hold_version)
    return ToldHold(student, event.reason, event.actor_ref)


def _decide(
    credential: Credential, request: Received[CardChangeRequested], holder: SealedHolder | None
) -> Credential:
    """Without what is known of its holder a card cannot be made anew, and so not extended."""
    event = request.event
    match event.change:
        case "revoke":
            return revoke(credential)
        case "suspend":
            return suspend(credential, event.by, request.number)
        case "reinstate":
            return reinstate(credential, event.by, request.number)
        case "update":
            return update(credential)
    if event.valid_until is None:
        raise ValueError("an extension says until when")
    return extend(credential, event.valid_until) if holder else credential


def _outcome(
    work: UnitOfWork, before: Credential, after: Credential, request: Received[CardChangeRequested]
) -> Outcome:
    event = request.event
    if before == after and _is_answered_anyway(before, event):
        return Outcome(after, _tell(work, after, event))
    if after.state == "offered" or (is_same_to_others(before, after) and not request.ahead):
        return Outcome(after)
    line = AuditLine(after, _ACTIONS[event.change], event.by, event.reason, event.actor_ref)
    return Outcome(after, _tell(work, after, event), line)


def _tell(work: UnitOfWork, after: Credential, request: CardChangeRequested) -> StreamEvent:
    match request.change:
        case "revoke":
            return tell_end(work, after, request.reason or UNSAID)
        case "extend":
            return tell(work, CardExtended, after, valid_until=after.valid_until)
        case "update":
            return tell(work, CardUpdated, after, revision=after.revision)
    event_class = CardSuspended if request.change == "suspend" else CardReinstated
    return tell(work, event_class, after, holds=after.holds, by=request.by, reason=request.reason)
