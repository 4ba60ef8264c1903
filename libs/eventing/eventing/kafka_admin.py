"""Kafka's topics: their ids and ends, the making of them, and what an old log holds. aiokafka sees no ids."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka import TopicPartition as DescribedPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]  # not in __all__

from contracts.catalogue import PARTITIONS, Topic
from eventing.codec import LogRecord
from eventing.kafka import ANSWER_WITHIN, client_options, read_one_by_one
from eventing.log import LogUnavailableError, TopicState, WrongPartitionsError
from eventing.settings import EventingSettings

READ_AT_ONCE = 1_000
# Together less than it takes until the watch counts as blind: a broker that dies takes a look with it.
DESCRIBED_WITHIN = 3.0
OFFSETS_WITHIN = 2.0

_SIGNING_IN = {"sasl_plain_username": "sasl.username", "sasl_plain_password": "sasl.password"}


def _admin_options(settings: EventingSettings) -> dict[str, Any]:
    """What aiokafka is told, in the words of librdkafka."""
    told = client_options(settings)
    words = ("bootstrap_servers", "security_protocol", "sasl_mechanism", *_SIGNING_IN)
    options = {_SIGNING_IN.get(word, word.replace("_", ".")): told[word] for word in words if word in told}
    return options | {"log_level": 0} | ({"ssl.ca.location": settings.ca_file} if settings.ca_file else {})


class KafkaAdmin:
    """Topic ids and ends (aiokafka cannot see ids) and the making of topics."""

    def __init__(self, settings: EventingSettings) -> None:
        self._settings = settings
        self._replication = settings.replication_factor
        self._may_replace = settings.create_topics
        self._seen_whole: set[str] = set()
        self._options = _admin_options(settings)
        self._client = AdminClient(self._options)

    async def describe(self, topics: Iterable[str], *, ends_of: Collection[str]) -> dict[str, TopicState]:
        """Asked each second; without an answer by a new client the next time.

        One that a starting broker has told of no brokers at all connects to none any more (librdkafka #5301).
        """
        try:
            return await self._describe(list(topics), ends_of)
        except LogUnavailableError:
            self._client = AdminClient(self._options)
            raise

    async def _describe(self, topics: list[str], ends_of: Collection[str]) -> dict[str, TopicState]:
        described = await self._described(topics)
        wanted = [name for name in described if name in ends_of]
        ends = await self._offsets(wanted, OffsetSpec.latest())  # type: ignore[no-untyped-call]
        return {name: TopicState(topic_id, ends.get(name, {})) for name, topic_id in described.items()}

    async def begins(self, topics: Iterable[str]) -> dict[str, dict[int, int]]:
        return await self._offsets(topics, OffsetSpec.earliest())  # type: ignore[no-untyped-call]

    async def read_on(self, places: Mapping[tuple[str, int], int]) -> AsyncIterator[list[LogRecord]]:
        consumer = AIOKafkaConsumer(**client_options(self._settings), enable_auto_commit=False)
        try:
            await consumer.start()
            begun = {TopicPartition(*place): offset for place, offset in places.items()}
            consumer.assign(list(begun))
            begins, ends = (
                await consumer.beginning_offsets(list(begun)),
                await consumer.end_offsets(list(begun)),
            )
            positions = {place: max(offset, begins[place]) for place, offset in begun.items()}
            for place, offset in positions.items():
                consumer.seek(place, offset)
            while any(positions[place] < ends[place] for place in positions):
                records = await read_one_by_one(consumer, self._settings.fetch_max_wait_ms, READ_AT_ONCE)
                positions |= {TopicPartition(each.topic, each.partition): each.offset + 1 for each in records}
                yield records
        except KafkaError as error:
            raise LogUnavailableError(type(error).__name__) from error
        finally:
            await consumer.stop()

    async def _described(self, topics: list[str]) -> dict[str, str]:
        answers = self._client.describe_topics(TopicCollection(topics), request_timeout=DESCRIBED_WITHIN)
        described = {}
        for name, answer in answers.items():
            description = await _answer(answer)
            if description is None:
                continue
            if len(description.partitions) != PARTITIONS:
                await self._refuse(name, len(description.partitions))
                continue
            described[name] = str(description.topic_id)
        self._seen_whole |= described.keys()
        return described

    async def _refuse(self, topic: str, found: int) -> None:
        """A broker that makes topics by itself may have been faster: ours replaces it, while it is empty.

        One that was ours has been lost before: what has come into its successor stands in the outboxes.
        """
        if not self._may_replace or not (topic in self._seen_whole or await self._empty(topic, found)):
            raise WrongPartitionsError(topic, found)
        for answer in self._client.delete_topics([topic], request_timeout=ANSWER_WITHIN).values():
            await _answer(answer)

    async def _empty(self, topic: str, partitions: int) -> bool:
        ends = await self._offsets([topic], OffsetSpec.latest(), partitions)  # type: ignore[no-untyped-call]
        return len(ends[topic]) == partitions and not any(ends[topic].values())

    async def _offsets(
        self, topics: Iterable[str], which: OffsetSpec, partitions: int = PARTITIONS
    ) -> dict[str, dict[int, int]]:
        """A partition whose leader does not answer is left out."""
        found: dict[str, dict[int, int]] = {topic: {} for topic in topics}
        wanted = {DescribedPartition(topic, number): which for topic in found for number in range(partitions)}
        if wanted:
            answers = self._client.list_offsets(wanted, request_timeout=OFFSETS_WITHIN)
            for place, answer in answers.items():
                with suppress(LogUnavailableError):
                    result = await _answer(answer)
                    if result is not None:
                        found[place.topic][place.partition] = result.offset
        return found

    async def create(self, topics: Iterable[Topic]) -> None:
        new = [
            NewTopic(topic.name, PARTITIONS, self._replication, config=topic.kafka_config) for topic in topics
        ]
        for answer in self._client.create_topics(new, request_timeout=ANSWER_WITHIN).values():
            await _answer(answer)


async def _answer(future: "Future[Any]") -> Any:
    """The broker's answer; None for what does not exist, or exists already."""
    try:
        if not future.done():  # what is asked together is answered together: one waking for all is cheaper
            # `wait_for` of Python 3.11 can swallow a cancellation.
            async with asyncio.timeout(2 * ANSWER_WITHIN):
                await asyncio.wrap_future(future)
        return future.result()
    except KafkaException as error:
        if error.args[0].name() in {"UNKNOWN_TOPIC_OR_PART", "TOPIC_ALREADY_EXISTS"}:
            return None
        raise LogUnavailableError(error.args[0].name()) from error
    except TimeoutError as error:
        raise LogUnavailableError("no answer") from error
