"""The history of an order: what each event says to its student, and which questions it answers. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal, get_args
from uuid import UUID

from contracts.base import Party, StreamEvent
from contracts.catalogue import TOPICS
from contracts.issuer import (
    CardExtended,
    CardIssued,
    CardReinstated,
    CardReplaced,
    CardRevoked,
    CardSuspended,
    CardUpdated,
    CredentialReady,
    CredentialRejected,
    OfferWithdrawn,
)
from ordering.domain import Order, State

Question = Literal[
    "offer",
    "withdrawal",
    "revoke",
    "extend",
    "update",
    "suspend:holder",
    "suspend:office",
    "suspend:system",
    "reinstate:holder",
    "reinstate:office",
    "reinstate:system",
]
QUESTIONS: tuple[Question, ...] = get_args(Question)
PARTIES: tuple[Party, ...] = get_args(Party)
SUSPEND: dict[Party, Question] = {
    "holder": "suspend:holder",
    "office": "suspend:office",
    "system": "suspend:system",
}
REINSTATE: dict[Party, Question] = {
    "holder": "reinstate:holder",
    "office": "reinstate:office",
    "system": "reinstate:system",
}
OPPOSITES: dict[Question, Question] = {
    **{SUSPEND[party]: REINSTATE[party] for party in PARTIES},
    **{REINSTATE[party]: SUSPEND[party] for party in PARTIES},
}

# What an event tells its student: nothing sealed, no offer, no key, no reference to anybody else.
_SHOWN = {
    "generation",
    "reason",
    "reasons",
    "expires_at",
    "valid_until",
    "device_label",
    "holds",
    "by",
    "change",
    "attempts_left",
    "terms_version",
    "event",
    "kind",
    "channel",
    "attempt",
    "revision",
    "replaces",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline; `state` is the order's once this was known."""

    order_id: UUID
    number: int
    event_id: UUID
    kind: str
    occurred_at: datetime
    state: State
    details: dict[str, Any]


def entry_of(event: StreamEvent, number: int, state: State) -> Entry:
    """The line of an event: its number, and the state that the order is in once it is known."""
    details = event.model_dump(mode="json", include=_SHOWN, exclude_none=True)
    return Entry(
        order_id=event.order_id,
        number=number,
        event_id=event.event_id,
        kind=kind_of(event),
        occurred_at=event.occurred_at,
        state=state,
        details=details,
    )


def kind_of(event: StreamEvent) -> str:
    """`OrderPlaced` is told as `order_placed`."""
    return _snake_case(type(event).__name__)


@cache
def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


# What a line of a timeline can tell, and so what a live stream can say.
KINDS = tuple(_snake_case(event.__name__) for topic in TOPICS if topic.numbered for event in topic.events)


def answered_by(event: StreamEvent, order: Order) -> tuple[Question, ...]:
    """The open questions of an order, as it is after the event, that the event settles."""
    match event:
        case CredentialReady():
            return () if order.awaits_code else ("offer",)
        case CredentialRejected() | CardRevoked() | CardReplaced():
            return QUESTIONS
        case CardIssued():
            return ("offer",)
        case OfferWithdrawn():
            return ("offer", "withdrawal")
        case CardSuspended() | CardReinstated():
            return tuple(_answered_by_holds(event.holds))
        case CardExtended():
            return ("extend",)
        case CardUpdated():
            return ("update",)
    return ()


def _answered_by_holds(holds: tuple[Party, ...]) -> Iterator[Question]:
    for party in PARTIES:
        yield SUSPEND[party] if party in holds else REINSTATE[party]
