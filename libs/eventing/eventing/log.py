"""What relay and consumer need of a log. Kafka is one (`kafka.py`); the tests have a simulated one."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from contracts.catalogue import PARTITIONS, Topic
from eventing.codec import LogRecord


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record on its way to the log, already encoded."""

    key: bytes
    headers: list[tuple[str, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True)
class TopicState:
    """A topic as the broker describes it now. Another id is another log, whatever its name.

    `ends`: without the partitions whose leader does not answer.
    """

    topic_id: str
    ends: Mapping[int, int]


class LogUnavailableError(Exception):
    """The broker does not answer. Nothing is known of what was sent meanwhile."""


class WrongPartitionsError(Exception):
    """The topic has another number of partitions than the catalogue: keys would change their lane."""

    def __init__(self, topic: str, found: int) -> None:
        super().__init__(f"{topic} has {found} partitions, {PARTITIONS} are needed")


class LogWriter(Protocol):
    """Sends batches; one batch of a partition at a time."""

    async def send(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        """Append records side by side; the offset of the first, once all replicas have them. Else raises."""

    async def close(self) -> None:
        """Give up what is under way."""


class LogAdmin(Protocol):
    """Looks at topics and makes them."""

    async def describe(self, topics: Iterable[str], *, ends_of: Collection[str]) -> dict[str, TopicState]:
        """The topics that exist; ends are looked up only where they are asked for.

        `LogUnavailableError` when the broker does not answer.
        """

    async def begins(self, topics: Iterable[str]) -> dict[str, dict[int, int]]:
        """The first offset that each partition still has; without those whose leader does not answer."""

    def read_on(self, places: Mapping[tuple[str, int], int]) -> AsyncIterator[list[LogRecord]]:
        """What lies behind an offset of each partition, up to the ends of now; without a group."""

    async def create(self, topics: Iterable[Topic]) -> None:
        """Make the topics that are missing, as the catalogue declares them."""


class Gate(Protocol):
    """Told of a change of assignment, before and after; nothing is handled in between."""

    async def close(self) -> None: ...

    async def open(self, partitions: Iterable[tuple[str, int]]) -> None: ...


class LogReader(Protocol):
    """Reads the partitions that the group gives to this process."""

    async def start(self, gate: Gate) -> None: ...

    async def stop(self) -> None: ...

    async def poll(self, *, max_records: int, awake: bool) -> list[LogRecord]:
        """What has come, in order per partition; empty after a while. `awake`: data is expected."""

    async def show(self, positions: Mapping[tuple[str, int], int]) -> None:
        """Tell the broker how far we are, for those who watch its groups. Nothing here reads it again."""

    def seek(self, topic: str, partition: int, offset: int) -> None:
        """Go on from an offset of a partition that is assigned; ignored for another."""
