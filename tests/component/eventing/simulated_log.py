"""A log in memory that can be emptied, cut and expired, and a writer that does as it is told."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import uuid4

from contracts.catalogue import PARTITIONS, Topic
from eventing.codec import LogRecord
from eventing.log import Gate, LogUnavailableError, OutgoingRecord, TopicState

Place = tuple[str, int]


@dataclass
class SimulatedTopic:
    topic_id: str = field(default_factory=lambda: uuid4().hex)
    records: dict[int, list[LogRecord]] = field(default_factory=lambda: defaultdict(list))
    begins: dict[int, int] = field(default_factory=lambda: defaultdict(int))

    def end(self, partition: int) -> int:
        return self.begins[partition] + len(self.records[partition])


@dataclass
class SimulatedLog:
    """Also the admin. `away`: the broker does not answer; `leaderless`: it does, but for these partitions."""

    topics: dict[str, SimulatedTopic] = field(default_factory=dict)
    away: bool = False
    leaderless: set[Place] = field(default_factory=set)

    def _led(self, topic: str) -> list[int]:
        return [number for number in range(PARTITIONS) if (topic, number) not in self.leaderless]

    async def begins(self, topics: Iterable[str]) -> dict[str, dict[int, int]]:
        known = {name: self.topics[name] for name in topics}
        return {
            name: {number: each.begins[number] for number in self._led(name)} for name, each in known.items()
        }

    async def describe(self, topics: Iterable[str], *, ends_of: Collection[str]) -> dict[str, TopicState]:
        if self.away:
            raise LogUnavailableError("away")
        known = {name: self.topics[name] for name in topics if name in self.topics}
        return {
            name: TopicState(
                topic.topic_id,
                {number: topic.end(number) for number in self._led(name) if name in ends_of},
            )
            for name, topic in known.items()
        }

    async def create(self, topics: Iterable[Topic]) -> None:
        for topic in topics:
            self.topics.setdefault(topic.name, SimulatedTopic())

    async def read_on(self, places: Mapping[Place, int]) -> AsyncIterator[list[LogRecord]]:
        for (topic, partition), offset in places.items():
            yield [each for each in self.topics[topic].records[partition] if each.offset >= offset]

    def append(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        target = self.topics[topic]
        first = target.end(partition)
        target.records[partition] += [
            LogRecord(topic, partition, first + place, each.key, list(each.headers), each.body)
            for place, each in enumerate(records)
        ]
        return first

    def empty(self) -> None:
        """The broker's disk is lost: every topic is another log."""
        for name in self.topics:
            self.topics[name] = SimulatedTopic()

    def cut(self, topic: str, partition: int, end: int) -> None:
        """The end of a partition is lost, the topic stays."""
        target = self.topics[topic]
        del target.records[partition][end - target.begins[partition] :]

    def expire(self, topic: str, partition: int, begin: int) -> None:
        """Retention has deleted what lies before an offset."""
        target = self.topics[topic]
        del target.records[partition][: begin - target.begins[partition]]
        target.begins[partition] = begin

    def all(self, topic: str) -> list[LogRecord]:
        return [record for records in self.topics[topic].records.values() for record in records]


Script = Callable[[str, int, int], str]


@dataclass
class ScriptedWriter:
    """Per batch the script says `acknowledge`, `refuse`, `hang`, or `lose` (append, and lose the answer)."""

    log: SimulatedLog
    script: Script = lambda _topic, _partition, _count: "acknowledge"
    closed: bool = False
    under_way: set[Place] = field(default_factory=set)
    overlapped: bool = False
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        place = topic, partition
        self.overlapped |= place in self.under_way
        self.under_way.add(place)
        try:
            return await self._send(topic, partition, records)
        finally:
            self.under_way.discard(place)

    async def _send(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        await asyncio.sleep(0)
        match self.script(topic, partition, len(records)):
            case "refuse":
                raise ConnectionError("refused")
            case "hang":
                await self.release.wait()
                raise TimeoutError
            case "lose":
                self.log.append(topic, partition, records)
                raise TimeoutError
        return self.log.append(topic, partition, records)

    async def close(self) -> None:
        self.closed = True


@dataclass
class SimulatedReader:
    """Reads a simulated log. It has a position of its own, as Kafka's clients do, which may be wrong."""

    log: SimulatedLog
    topics: Sequence[str]
    gate: Gate | None = None
    positions: dict[Place, int] = field(default_factory=dict)
    before_returning: deque[Callable[[], object]] = field(default_factory=deque)
    started: bool = False
    stuck: bool = False

    async def start(self, gate: Gate) -> None:
        """A group that is stuck has closed the gate and never opens it again."""
        self.gate, self.started = gate, True
        if self.stuck:
            await gate.close()
            return
        await self.assign([(topic, number) for topic in self.topics for number in range(PARTITIONS)])

    async def stop(self) -> None:
        self.started = False

    async def assign(self, places: Sequence[Place]) -> None:
        """A rebalance: the gate is closed, the partitions change, the gate is opened."""
        assert self.gate is not None
        await self.gate.close()
        self.positions = dict.fromkeys(places, 0)
        await self.gate.open(places)

    async def poll(self, *, max_records: int, awake: bool) -> list[LogRecord]:
        await asyncio.sleep(0)
        if self.log.away:
            raise LogUnavailableError("away")
        fetched: list[LogRecord] = []
        for place, position in self.positions.items():
            fetched += self._fetch(place, position, max_records - len(fetched))
        while self.before_returning:
            outcome = self.before_returning.popleft()()
            if asyncio.iscoroutine(outcome):
                await outcome
        return fetched

    def _fetch(self, place: Place, position: int, count: int) -> list[LogRecord]:
        topic = self.log.topics.get(place[0])
        if topic is None or place in self.log.leaderless:
            return []
        found = [record for record in topic.records[place[1]] if record.offset >= position][:count]
        if found:
            self.positions[place] = found[-1].offset + 1
        return found

    async def show(self, positions: Mapping[Place, int]) -> None:
        """Nobody watches a simulated group."""

    def seek(self, topic: str, partition: int, offset: int) -> None:
        if (topic, partition) in self.positions:
            self.positions[topic, partition] = offset
