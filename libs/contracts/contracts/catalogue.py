"""Which topics there are, whose they are, what they carry and who reads them: declared here alone."""

import re
import zlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from contracts import issuer, notifier, ordering, platform, wallet
from contracts.base import Event, StreamEvent

SERVICES = ("ordering", "issuer", "notifier", "wallet")
PARTITIONS = 16  # never changed: the partition of a key is part of the contract
RETENTION = timedelta(days=7)  # sealed personal data must not outlive it
SEGMENT = timedelta(days=1)  # Kafka deletes whole segments


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: the streams of all orders that one service tells about, or what belongs to the platform."""

    name: str
    owner: str
    events: tuple[type[Event], ...]
    consumers: tuple[str, ...]
    numbered: bool = True

    @property
    def kafka_config(self) -> dict[str, str]:
        return {
            "cleanup.policy": "delete",
            "retention.ms": str(RETENTION // timedelta(milliseconds=1)),
            "segment.ms": str(SEGMENT // timedelta(milliseconds=1)),
        }


ORDERS = Topic(
    name="ordering.orders.v1",
    owner="ordering",
    events=(
        ordering.OrderPlaced,
        ordering.ActivationCodeRequested,
        ordering.OrderCancelled,
        ordering.OrderExpired,
        ordering.CardChangeRequested,
        ordering.ContactChanged,
        ordering.OrderErased,
    ),
    consumers=("issuer", "notifier"),
)
CREDENTIALS = Topic(
    name="issuer.credentials.v1",
    owner="issuer",
    events=(
        issuer.CredentialReady,
        issuer.CredentialRejected,
        issuer.OfferWithdrawn,
        issuer.CardIssued,
        issuer.CardSuspended,
        issuer.CardReinstated,
        issuer.CardRevoked,
        issuer.CardReplaced,
        issuer.CardExtended,
        issuer.CardUpdated,
        issuer.WalletReported,
        issuer.CredentialErased,
    ),
    consumers=("ordering", "notifier", "wallet"),
)
ACTIVATIONS = Topic(
    name="wallet.activations.v1",
    owner="wallet",
    events=(wallet.ActivationAccepted, wallet.ActivationFailed, wallet.ActivationLocked),
    consumers=("ordering", "notifier"),
)
DELIVERIES = Topic(
    name="notifier.deliveries.v1",
    owner="notifier",
    events=(notifier.AlertDelivered, notifier.AlertFailed),
    consumers=("ordering",),
)
REPLAYS = Topic(
    name="platform.replays.v1",
    owner="platform",
    events=(platform.ReplayRequested, platform.DigestPublished),
    consumers=SERVICES,
    numbered=False,
)

TOPICS = (ORDERS, CREDENTIALS, ACTIVATIONS, DELIVERIES, REPLAYS)


def dlq_name(topic: Topic, group: str) -> str:
    return f"{topic.name}.{group}.dlq"


DEAD_LETTER_TOPICS = tuple(
    Topic(name=dlq_name(topic, group), owner=group, events=(), consumers=(), numbered=False)
    for topic in TOPICS
    for group in topic.consumers
)

_TOPICS_BY_NAME = {topic.name: topic for topic in TOPICS + DEAD_LETTER_TOPICS}
_TOPICS_BY_EVENT = {event: topic for topic in TOPICS for event in topic.events}


def topic_named(name: str) -> Topic | None:
    return _TOPICS_BY_NAME.get(name)


def topic_of(event_class: type[Event]) -> Topic:
    return _TOPICS_BY_EVENT[event_class]


@cache
def type_of(event_class: type[Event]) -> str:
    """The CloudEvents type. `OrderPlaced` is version 1, `OrderPlacedV2` would be the next."""
    name, _, version = re.fullmatch(r"(.+?)(V(\d+))?", event_class.__name__).groups()  # type: ignore[union-attr]
    return f"pl.legitka.{topic_of(event_class).owner}.{name}.v{version or 1}"


_MODELS_BY_TYPE = {type_of(event): event for event in _TOPICS_BY_EVENT}


def model_of(ce_type: str) -> type[Event] | None:
    return _MODELS_BY_TYPE.get(ce_type)


def partition_of(key: str) -> int:
    return zlib.crc32(key.encode()) % PARTITIONS


def key_of(event: Event) -> str:
    """The key of the event's record: its order, or the topic and partition it speaks of."""
    match event:
        case StreamEvent():
            return str(event.order_id)
        case platform.DigestPublished():
            return f"{event.topic}/{event.partition}"
        case platform.ReplayRequested(key=str() as key):
            return f"{event.topic}/{partition_of(key)}"
        case platform.ReplayRequested():
            return f"{event.topic}/{event.partition}"
    raise TypeError(f"{type(event).__name__} is not in the catalogue")


def consumed_by(service: str) -> tuple[Topic, ...]:
    """The streams whose facts a service applies. Besides them every service reads `REPLAYS`."""
    return tuple(topic for topic in TOPICS if topic.numbered and service in topic.consumers)


def owned_by(service: str) -> tuple[Topic, ...]:
    return tuple(topic for topic in TOPICS if topic.owner == service)


def passes_held_key(event: Event) -> bool:
    """Whether the event takes effect on arrival even though an earlier one of its stream is missing."""
    match event:
        case ordering.CardChangeRequested(change="revoke" | "suspend"):
            return True
        case ordering.OrderCancelled() | ordering.OrderErased():
            return True
        case issuer.CardRevoked() | issuer.CardSuspended() | issuer.CredentialErased():
            return True
    return False
