"""What is changed in Kafka, and what is left alone. The rest is tried on Apache Kafka itself."""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any, TypeVar, cast

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # not in __all__
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from contracts.catalogue import ACTIVATIONS, ORDERS, PARTITIONS
from provision.access import rights_of
from provision.kafka import Cluster, KafkaTrouble, make_topics, set_rights

T = TypeVar("T")
ONE = Cluster("nowhere", "SASL_SSL", "SCRAM-SHA-512", "bootstrap", "secret", replication_factor=1)
THREE = Cluster("nowhere", "SASL_SSL", "SCRAM-SHA-512", "bootstrap", "secret", replication_factor=3)


def done(value: T) -> "Future[T]":
    future: Future[T] = Future()
    future.set_result(value)
    return future


class Described:
    def __init__(self, partitions: int) -> None:
        self.partitions = [None] * partitions


class Kafka:
    """The calls of an administrator, and what they were told."""

    def __init__(self, rights: Iterable[AclBinding] = (), topics: dict[str, int] | None = None) -> None:
        self.rights = set(rights)
        self.topics = topics or {}
        self.made: list[NewTopic] = []
        self.configured: list[str] = []

    def describe_acls(self, _filter: object) -> "Future[set[AclBinding]]":
        return done(set(self.rights))

    def create_acls(self, bindings: list[AclBinding]) -> dict[AclBinding, "Future[None]"]:
        self.rights |= set(bindings)
        return {each: done(None) for each in bindings}

    def delete_acls(self, filters: list[Any]) -> dict[Any, "Future[None]"]:
        gone = {(each.principal, each.name, each.operation) for each in filters}
        self.rights = {r for r in self.rights if (r.principal, r.name, r.operation) not in gone}
        return {each: done(None) for each in filters}

    def describe_topics(self, names: Any, **_options: object) -> dict[str, "Future[Described]"]:
        return {name: self._described(name) for name in (ORDERS.name, ACTIVATIONS.name)}

    def _described(self, name: str) -> "Future[Described]":
        if name in self.topics:
            return done(Described(self.topics[name]))
        missing: Future[Described] = Future()
        missing.set_exception(KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)))
        return missing

    def create_topics(self, topics: list[NewTopic], **_options: object) -> dict[str, "Future[None]"]:
        self.made += topics
        return {each.topic: done(None) for each in topics}

    def incremental_alter_configs(self, resources: list[Any]) -> dict[Any, "Future[None]"]:
        self.configured += [each.name for each in resources]
        return {each: done(None) for each in resources}

    def as_client(self) -> AdminClient:
        return cast(AdminClient, self)


def right(user: str, name: str) -> AclBinding:
    return AclBinding(
        ResourceType.TOPIC,
        name,
        ResourcePatternType.LITERAL,
        f"User:{user}",
        "*",
        AclOperation.WRITE,
        AclPermissionType.ALLOW,
    )


def test_a_second_time_changes_nothing() -> None:
    kafka = Kafka()
    set_rights(kafka.as_client(), rights_of("wallet"))
    before = set(kafka.rights)

    given, taken = set_rights(kafka.as_client(), rights_of("wallet"))

    assert (given, taken) == (set(), set())
    assert kafka.rights == before


def test_a_right_that_a_service_should_not_have_is_taken_back() -> None:
    kafka = Kafka([right("wallet", ORDERS.name)])

    _, taken = set_rights(kafka.as_client(), rights_of("wallet"))

    assert {each.name for each in taken} == {ORDERS.name}
    assert right("wallet", ORDERS.name) not in kafka.rights


def test_rights_of_users_that_are_not_ours_are_left_alone() -> None:
    kafka = Kafka([right("monitoring", ORDERS.name)])

    set_rights(kafka.as_client(), rights_of("wallet"))

    assert right("monitoring", ORDERS.name) in kafka.rights


def test_missing_topics_are_made_and_known_ones_configured() -> None:
    kafka = Kafka(topics={ORDERS.name: PARTITIONS})

    assert make_topics(kafka.as_client(), (ORDERS, ACTIVATIONS), ONE) == 1

    assert [each.topic for each in kafka.made] == [ACTIVATIONS.name]
    assert kafka.configured == [ORDERS.name]


def test_with_three_copies_a_write_counts_when_two_have_it() -> None:
    kafka = Kafka()

    make_topics(kafka.as_client(), (ORDERS, ACTIVATIONS), THREE)

    assert {(each.config or {})["min.insync.replicas"] for each in kafka.made} == {"2"}


def test_a_topic_with_other_partitions_is_told_with_its_cure() -> None:
    kafka = Kafka(topics={ORDERS.name: 3})

    with pytest.raises(KafkaTrouble, match="delete them and start again"):
        make_topics(kafka.as_client(), (ORDERS, ACTIVATIONS), ONE)

    assert kafka.made == []
