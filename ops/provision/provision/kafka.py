"""Makes Kafka hold the topics, the users and the rights that the catalogue asks for, and no other rights."""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # not in __all__
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from contracts.catalogue import DEAD_LETTER_TOPICS, PARTITIONS, SERVICES, TOPICS, Topic
from provision.access import Right, all_rights

ANSWER_WITHIN = 10
ITERATIONS = 8192

_OPERATIONS = {"read": AclOperation.READ, "write": AclOperation.WRITE}
_RESOURCES = {"topic": ResourceType.TOPIC, "group": ResourceType.GROUP}


class KafkaTrouble(Exception):
    """Kafka cannot be brought into the wanted state; the text says the cure."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """How an administrator reaches the cluster."""

    bootstrap_servers: str
    security_protocol: str
    mechanism: str
    username: str
    password: str = field(repr=False)
    ca_file: str | None = None
    replication_factor: int = 1

    @property
    def topic_config(self) -> dict[str, str]:
        """With three copies a write counts when two have it, so that any one broker may be lost."""
        return {"min.insync.replicas": "2"} if self.replication_factor > 2 else {}


def provision_kafka(cluster: Cluster, passwords: Mapping[str, str], *, within: float) -> Iterator[str]:
    """Topics, users, rights: each brought to what it should be, whatever it was. Tells what was done."""
    client = _connect(cluster, within)
    topics = (*TOPICS, *DEAD_LETTER_TOPICS)
    yield f"topics: {make_topics(client, topics, cluster)} of {len(topics)} are new"
    _make_users(client, passwords)
    yield f"users: {', '.join(SERVICES)}"
    given, taken = set_rights(client, all_rights())
    yield from (f"given: {right}" for right in sorted(given))
    yield from (f"taken back: {binding.principal} on {binding.name}" for binding in taken)
    yield f"rights: {len(all_rights())}"


def _connect(cluster: Cluster, within: float) -> AdminClient:
    """A client that has been answered; Kafka may be starting still."""
    told: list[str] = []
    client = AdminClient(_options(cluster) | {"error_cb": lambda error: told.append(error.str())})
    deadline = time.monotonic() + within
    while not _answers(client):
        if time.monotonic() > deadline:
            raise KafkaTrouble(
                f"Kafka at {cluster.bootstrap_servers} does not answer {cluster.username} "
                f"({told[-1] if told else 'no reason given'}). "
                "Is it running, and is this the password that it was started with?"
            )
    return client


def _answers(client: AdminClient) -> bool:
    try:
        client.list_topics(timeout=ANSWER_WITHIN)
    except KafkaException:
        return False
    return True


def _options(cluster: Cluster) -> dict[str, Any]:
    options = {
        "bootstrap.servers": cluster.bootstrap_servers,
        "security.protocol": cluster.security_protocol,
        "log_level": 0,
    }
    if cluster.security_protocol.startswith("SASL"):
        options |= {
            "sasl.mechanism": cluster.mechanism,
            "sasl.username": cluster.username,
            "sasl.password": cluster.password,
        }
    return options | ({"ssl.ca.location": cluster.ca_file} if cluster.ca_file else {})


def make_topics(client: AdminClient, topics: Iterable[Topic], cluster: Cluster) -> int:
    config = {topic.name: topic.kafka_config | cluster.topic_config for topic in topics}
    known = _known_partitions(client, config)
    wrong = {name: count for name, count in known.items() if count != PARTITIONS}
    if wrong:
        raise KafkaTrouble(
            f"these topics do not have {PARTITIONS} partitions: {wrong}. The partition of a key is part of "
            "the contract: delete them and start again, all events are in the databases and are sent again."
        )
    missing = config.keys() - known.keys()
    new = [NewTopic(name, PARTITIONS, cluster.replication_factor, config=config[name]) for name in missing]
    if new:
        _await(client.create_topics(new, request_timeout=ANSWER_WITHIN))
    if known:
        _await(client.incremental_alter_configs([_wanted(name, config[name]) for name in known]))
    return len(new)


def _known_partitions(client: AdminClient, names: Iterable[str]) -> dict[str, int]:
    answers = client.describe_topics(TopicCollection(list(names)), request_timeout=ANSWER_WITHIN)
    known = {}
    for name, answer in answers.items():
        try:
            known[name] = len(answer.result().partitions)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
    return known


def _wanted(topic: str, config: Mapping[str, str]) -> ConfigResource:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
        for name, value in config.items()
    ]
    return ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)


def _make_users(client: AdminClient, passwords: Mapping[str, str]) -> None:
    """A user that exists gets the password anew: the file is what counts."""
    _await(
        client.alter_user_scram_credentials(
            [
                UserScramCredentialUpsertion(
                    user,
                    ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS),
                    password.encode(),
                )
                for user, password in passwords.items()
            ]
        )
    )


def set_rights(client: AdminClient, wanted: frozenset[Right]) -> tuple[set[Right], set[AclBinding]]:
    """What was given and what was taken back. Rights of users that are not ours are left alone."""
    bindings = {_binding(right): right for right in wanted}
    ours = {f"User:{service}" for service in SERVICES}
    found = {each for each in client.describe_acls(_ANY).result() if each.principal in ours}
    missing, surplus = bindings.keys() - found, found - bindings.keys()
    if missing:
        _await(client.create_acls(list(missing)))
    if surplus:
        _await(client.delete_acls([_exactly(each) for each in surplus]))
    return {bindings[each] for each in missing}, surplus


def _binding(right: Right) -> AclBinding:
    return AclBinding(
        _RESOURCES[right.resource],
        right.name,
        ResourcePatternType.LITERAL,
        f"User:{right.user}",
        "*",
        _OPERATIONS[right.operation],
        AclPermissionType.ALLOW,
    )


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


_ANY = AclBindingFilter(
    ResourceType.ANY,
    None,  # type: ignore[arg-type]  # any name, but their types do not know it
    ResourcePatternType.ANY,
    None,  # type: ignore[arg-type]
    None,  # type: ignore[arg-type]
    AclOperation.ANY,
    AclPermissionType.ANY,
)


def _await(answers: Mapping[Any, "Future[Any]"]) -> None:
    for answer in answers.values():
        answer.result(2 * ANSWER_WITHIN)
