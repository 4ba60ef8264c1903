"""Small events for the tests of the streams: what they say does not matter, only where they stand."""

from uuid import UUID

from contracts.ordering import (
    ActivationCodeRequested,
    CardChange,
    CardChangeRequested,
    OrderCancelled,
    OrderErased,
    OrderExpired,
)
from eventing import UnitOfWork

INSTITUTION = "umcs"


def requested(work: UnitOfWork, order_id: UUID, generation: int = 2) -> ActivationCodeRequested:
    return ActivationCodeRequested(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=INSTITUTION,
        order_id=order_id,
        generation=generation,
    )


def cancelled(work: UnitOfWork, order_id: UUID) -> OrderCancelled:
    return OrderCancelled(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=INSTITUTION,
        order_id=order_id,
        reason="student",
    )


def expired(work: UnitOfWork, order_id: UUID) -> OrderExpired:
    return OrderExpired(
        event_id=work.new_id(), occurred_at=work.now, institution_id=INSTITUTION, order_id=order_id
    )


def erased(work: UnitOfWork, order_id: UUID) -> OrderErased:
    return OrderErased(
        event_id=work.new_id(), occurred_at=work.now, institution_id=INSTITUTION, order_id=order_id
    )


def change(work: UnitOfWork, order_id: UUID, kind: CardChange) -> CardChangeRequested:
    return CardChangeRequested(
        event_id=work.new_id(),
        occurred_at=work.now,
        institution_id=INSTITUTION,
        order_id=order_id,
        credential_id=order_id,
        student_ref=order_id,
        change=kind,
        by="holder",
        hold_version=None,
        actor_ref=None,
        reason=None,
        valid_until=None,
        holder_sealed=None,
    )
