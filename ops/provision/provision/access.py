"""Who may do what in Kafka: derived from the catalogue of topics, and from what the event streams do."""

from dataclasses import dataclass
from typing import Literal

from contracts.catalogue import SERVICES, owned_by
from eventing.topics import read_by, written_by

Operation = Literal["read", "write"]
Resource = Literal["topic", "group"]


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """One permission of one user. Reading and writing include describing; nothing else is ever given."""

    user: str
    operation: Operation
    resource: Resource
    name: str

    def __str__(self) -> str:
        return f"{self.user} may {self.operation} {self.resource} {self.name}"


def rights_of(service: str) -> frozenset[Right]:
    """A service writes its own topics, questions and its own dead letters; it reads what it consumes.

    It reads its own topics, too: after a restore they may hold what its database does not.
    """
    written = {topic.name for topic in written_by(service)}
    read = {topic.name for topic in (*read_by(service), *owned_by(service))}
    return frozenset(
        {Right(service, "write", "topic", name) for name in written}
        | {Right(service, "read", "topic", name) for name in read}
        | {Right(service, "read", "group", service)}
    )


def all_rights() -> frozenset[Right]:
    return frozenset().union(*(rights_of(service) for service in SERVICES))
