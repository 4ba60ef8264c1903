"""One example of every event: for the documentation, the golden samples and tests that need an event."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, cast
from uuid import UUID

from contracts import issuer, notifier, ordering, platform, wallet
from contracts.base import Event, StreamEvent

E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=StreamEvent)

_ORDER_ID = UUID("01981d3c-5a00-7c11-9a3e-6f2d8b1c4e70")
_CREDENTIAL_ID = UUID("01981d3c-5a11-7d20-8b4f-1a2b3c4d5e6f")
_FORMER_CREDENTIAL_ID = UUID("0195f6aa-7c00-7e31-9c50-2b3c4d5e6f70")
_STUDENT_REF = UUID("6b0e8a52-4f0c-4d0e-9d5b-0a8f3c2e7b11")
_NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
_SEALED = "k1.c2VhbGVkIGZvciBvbmUgcmVhZGVyIG9ubHk"

_SUSPENSION: dict[str, Any] = {
    "credential_id": _CREDENTIAL_ID,
    "student_ref": _STUDENT_REF,
    "change": "suspend",
    "by": "office",
    "hold_version": 3,
    "actor_ref": "clerk-7",
    "reason": "rights_suspended",
    "valid_until": None,
    "holder_sealed": None,
}
_ALERT: dict[str, Any] = {
    "alert_id": UUID("01981d3c-6a00-7f42-8d61-3c4d5e6f7081"),
    "kind": "ready_to_activate",
}


def _events() -> tuple[Event, ...]:
    return _orders() + _offers() + _cards() + _activations() + _deliveries() + _replays()


def _orders() -> tuple[Event, ...]:
    return (
        _told(
            ordering.OrderPlaced,
            student_ref=_STUDENT_REF,
            channel="mobile",
            locale="pl",
            replaces=_FORMER_CREDENTIAL_ID,
            office_hold=False,
            hold_version=0,
            holder_sealed=_SEALED,
            contact_sealed=_SEALED,
        ),
        _told(ordering.ActivationCodeRequested, generation=2),
        _told(ordering.OrderCancelled, reason="student"),
        _told(ordering.OrderExpired),
        _told(ordering.CardChangeRequested, **_SUSPENSION),
        _told(ordering.ContactChanged, locale="en", contact_sealed=_SEALED),
        _told(ordering.OrderErased),
    )


def _offers() -> tuple[Event, ...]:
    return (
        _told(
            issuer.CredentialReady,
            credential_id=_CREDENTIAL_ID,
            generation=1,
            offer_id="q0Zc1nXh3JmR5tYb7KwP9dLfGs2VaUeT",
            expires_at=_NOON + timedelta(days=30),
            activation_code_sealed=_SEALED,
            activation_code_digest="3q2-7wABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhs",
            digest_key_id="k1",
            configuration_id="legitymacja_studencka_sd_jwt",
        ),
        _told(issuer.CredentialRejected, reasons=("photo_missing",)),
        _told(issuer.OfferWithdrawn, generation=1, reason="order_cancelled"),
    )


def _cards() -> tuple[Event, ...]:
    return (
        _told(
            issuer.CardIssued,
            credential_id=_CREDENTIAL_ID,
            generation=1,
            holder_jwk={
                "kty": "EC",
                "crv": "P-256",
                "x": "TCAER19Zvu3OHF4j4W4vfSVoHIP1ILilDls7vCeGemc",
                "y": "ZxjiWWbZMQGHVWKVQ4hbSIirsVfuecCE6t4jT9F2HZQ",
            },
            holder_jkt="JdGVfbfxVGgIjUYy5B0nYNVa6Oa9V7Vtk9xmx0sGx3Q",
            valid_until=datetime(2027, 3, 31, 21, 59, 59, tzinfo=UTC),
            replaces=_FORMER_CREDENTIAL_ID,
            device_label="android",
        ),
        _told(issuer.CardSuspended, holds=("holder",), by="holder", reason="phone_lost"),
        _told(issuer.CardReinstated, holds=(), by="holder", reason=None),
        _told(issuer.CardRevoked, reason="order_cancelled"),
        _told(issuer.CardReplaced),
        _told(issuer.CardExtended, valid_until=datetime(2027, 10, 31, 22, 59, 59, tzinfo=UTC)),
        _told(issuer.CardUpdated, revision=2),
        _told(issuer.WalletReported, credential_id=_CREDENTIAL_ID, event="credential_accepted"),
        _told(issuer.CredentialErased),
    )


def _activations() -> tuple[Event, ...]:
    return (
        _told(
            wallet.ActivationAccepted,
            generation=1,
            activation_id=UUID("01981d3c-7a00-7a53-9e72-4d5e6f708192"),
            attempts_used=1,
            device_label="android",
            terms_version="2026-10",
        ),
        _told(wallet.ActivationFailed, generation=1, attempts_left=4),
        _told(wallet.ActivationLocked, generation=1, attempts_left=0),
    )


def _deliveries() -> tuple[Event, ...]:
    return (
        _told(notifier.AlertDelivered, **_ALERT, channel="inbox", attempt=1, reason=None),
        _told(notifier.AlertFailed, **_ALERT, channel="email", attempt=6, reason="refused"),
    )


def _replays() -> tuple[Event, ...]:
    return (
        _example(
            platform.ReplayRequested,
            topic="ordering.orders.v1",
            key=str(_ORDER_ID),
            partition=None,
            since=None,
            until=None,
            reason="gap",
            by="issuer",
        ),
        _example(
            platform.DigestPublished,
            topic="ordering.orders.v1",
            topic_id="4yJ1mPj9T0iR7cVqzXbHgA",
            partition=7,
            offset=1042,
            from_=_NOON - timedelta(hours=2),
            to=_NOON - timedelta(hours=1),
            streams=316,
            digest="9c41d0e2b7a65f38",
        ),
    )


def _told(event_class: type[S], **fields: Any) -> S:
    return _example(event_class, institution_id="umcs", order_id=_ORDER_ID, **fields)


def _example(event_class: type[E], **fields: Any) -> E:
    return event_class(event_id=UUID("01981d3c-5a22-7b00-8c01-0a1b2c3d4e5f"), occurred_at=_NOON, **fields)


_EXAMPLES = {type(event): event for event in _events()}


def example_of(event_class: type[E]) -> E:
    return cast(E, _EXAMPLES[event_class])
