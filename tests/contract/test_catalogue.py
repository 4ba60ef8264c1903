"""The rules that the catalogue is the only place for."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.base import Event, StreamEvent
from contracts.catalogue import (
    CREDENTIALS,
    DEAD_LETTER_TOPICS,
    ORDERS,
    SERVICES,
    TOPICS,
    consumed_by,
    dlq_name,
    key_of,
    model_of,
    owned_by,
    partition_of,
    passes_held_key,
    topic_named,
    topic_of,
    type_of,
)
from contracts.examples import example_of
from contracts.issuer import CardReinstated, CardRevoked, CardSuspended, CredentialErased
from contracts.ordering import CardChange, CardChangeRequested, OrderCancelled, OrderErased, OrderPlaced
from contracts.platform import DigestPublished, ReplayRequested
from tests.contract.released import EVENTS


def test_topics_are_what_consumers_and_brokers_were_told() -> None:
    assert {topic.name: (topic.owner, topic.consumers, topic.numbered) for topic in TOPICS} == {
        "ordering.orders.v1": ("ordering", ("issuer", "notifier"), True),
        "issuer.credentials.v1": ("issuer", ("ordering", "notifier", "wallet"), True),
        "wallet.activations.v1": ("wallet", ("ordering", "notifier"), True),
        "notifier.deliveries.v1": ("notifier", ("ordering",), True),
        "platform.replays.v1": ("platform", ("ordering", "issuer", "notifier", "wallet"), False),
    }


def test_a_topic_keeps_its_records_for_seven_days_in_segments_of_one() -> None:
    assert all(
        topic.kafka_config
        == {"cleanup.policy": "delete", "retention.ms": "604800000", "segment.ms": "86400000"}
        for topic in (*TOPICS, *DEAD_LETTER_TOPICS)
    )


@pytest.mark.parametrize(
    ("key", "partition"),
    [
        ("01981d3c-5a00-7c11-9a3e-6f2d8b1c4e70", 2),
        ("123456789", 0xCBF43926 % 16),  # the check value of CRC-32
        ("żółć", 3),
    ],
)
def test_a_key_stays_in_its_partition_for_ever(key: str, partition: int) -> None:
    assert partition_of(key) == partition


@pytest.mark.parametrize("event_class", EVENTS, ids=type_of)
def test_a_type_names_exactly_one_event(event_class: type[Event]) -> None:
    assert model_of(type_of(event_class)) is event_class
    assert event_class in topic_of(event_class).events


def test_a_type_carries_owner_name_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    class OrderPlacedV2(StreamEvent):
        pass

    monkeypatch.setitem(topic_of.__globals__["_TOPICS_BY_EVENT"], OrderPlacedV2, ORDERS)

    assert type_of(OrderPlaced) == "pl.legitka.ordering.OrderPlaced.v1"
    assert type_of(OrderPlacedV2) == "pl.legitka.ordering.OrderPlaced.v2"


def test_an_unknown_type_has_no_model() -> None:
    assert model_of("pl.legitka.ordering.OrderPlaced.v9") is None


def test_numbered_topics_carry_facts_about_orders_and_no_others_do() -> None:
    assert all(issubclass(event, StreamEvent) == topic_of(event).numbered for event in EVENTS)


def test_a_service_owns_one_topic_and_never_reads_it() -> None:
    for service in SERVICES:
        (own,) = owned_by(service)
        assert own not in consumed_by(service)


def test_every_reader_has_a_dead_letter_topic_per_topic() -> None:
    expected = {dlq_name(topic, group) for topic in TOPICS for group in topic.consumers}

    assert {topic.name for topic in DEAD_LETTER_TOPICS} == expected
    assert dlq_name(CREDENTIALS, "wallet") == "issuer.credentials.v1.wallet.dlq"
    assert all(topic_named(name) for name in expected)


def test_an_order_is_the_key_of_its_events() -> None:
    placed = example_of(OrderPlaced)

    assert key_of(placed) == str(placed.order_id)


def test_a_question_about_a_stream_goes_to_the_partition_of_that_stream() -> None:
    by_key = example_of(ReplayRequested)
    assert by_key.key is not None
    partition = partition_of(by_key.key)
    by_partition = by_key.model_copy(update={"key": None, "partition": partition})

    assert key_of(by_key) == key_of(by_partition) == f"ordering.orders.v1/{partition}"
    assert key_of(example_of(DigestPublished)) == "ordering.orders.v1/7"


@pytest.mark.parametrize("named", [{"key": None, "partition": None}, {"key": "k", "partition": 1}])
def test_a_replay_is_asked_for_a_key_or_a_partition(named: dict[str, Any]) -> None:
    asked = example_of(ReplayRequested).model_dump() | named

    with pytest.raises(ValidationError):
        ReplayRequested.model_validate(asked)


def test_only_what_protects_somebody_passes_a_held_key() -> None:
    passing = {event for event in EVENTS if passes_held_key(example_of(event))}

    assert passing == {
        CardChangeRequested,
        OrderCancelled,
        OrderErased,
        CardRevoked,
        CardSuspended,
        CredentialErased,
    }
    assert not passes_held_key(example_of(CardReinstated))


@pytest.mark.parametrize(
    ("change", "passes"),
    [("revoke", True), ("suspend", True), ("reinstate", False), ("extend", False), ("update", False)],
)
def test_a_card_change_passes_a_held_key_if_it_takes_a_right_away(change: CardChange, passes: bool) -> None:
    event = example_of(CardChangeRequested).model_copy(update={"change": change})

    assert passes_held_key(event) is passes


def test_times_without_a_zone_are_refused() -> None:
    fields = example_of(OrderErased).model_dump() | {"occurred_at": datetime(2026, 10, 1, 12)}  # noqa: DTZ001

    with pytest.raises(ValidationError, match="timezone"):
        OrderErased.model_validate(fields)


def test_times_are_kept_in_utc() -> None:
    warsaw = timezone(timedelta(hours=2))
    fields = example_of(OrderErased).model_dump() | {"occurred_at": datetime(2026, 10, 1, 14, tzinfo=warsaw)}

    assert OrderErased.model_validate(fields).occurred_at.tzinfo is UTC


@pytest.mark.parametrize("event_class", EVENTS, ids=type_of)
def test_a_printed_event_shows_nothing_sealed_or_secret(event_class: type[Event]) -> None:
    event = example_of(event_class)
    secrets = [
        str(value)
        for name, value in event
        if value and (name.endswith(("_sealed", "_digest")) or name == "offer_id")
    ]

    assert not [secret for secret in secrets if secret in repr(event)]


def test_a_refused_event_does_not_show_what_it_held() -> None:
    with pytest.raises(ValidationError) as refusal:
        OrderPlaced.model_validate({"holder_sealed": ["Zażółć"]})

    assert "Zażółć" not in str(refusal.value)


def test_a_reason_is_a_word_and_never_a_sentence_about_somebody() -> None:
    fields = example_of(CardSuspended).model_dump() | {"reason": "Jan Kowalski lost it"}

    with pytest.raises(ValidationError):
        CardSuspended.model_validate(fields)
