"""Kafka as the log: aiokafka writes, FastStream hosts the reader, confluent-kafka sees topics."""

import asyncio
import ssl
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from time import time
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CorruptRecordException, KafkaConnectionError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.security import BaseSecurity, SASLScram512

from eventing.codec import LogRecord, RawHeaders
from eventing.log import Gate, LogUnavailableError, OutgoingRecord
from eventing.settings import EventingSettings

log = structlog.get_logger()

ANSWER_WITHIN = 5.0

# The name of a header is no UTF-8, or a batch is damaged: the client gives up all that it has fetched.
UNREADABLE = (UnicodeDecodeError, CorruptRecordException)
SPOILED: RawHeaders = (("unreadable", b"the client cannot read this record"),)


def client_options(settings: EventingSettings) -> dict[str, Any]:
    """How aiokafka reaches the broker."""
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
        "metadata_max_age_ms": settings.metadata_max_age_ms,
    }
    if settings.sasl_username:
        options |= {
            "sasl_mechanism": "SCRAM-SHA-512",
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password,
        }
    if settings.security_protocol == "SASL_SSL":
        options["ssl_context"] = ssl.create_default_context(cafile=settings.ca_file)
    return options


class KafkaWriter:
    """A producer that all replicas must acknowledge, without idempotence.

    Producer ids begin anew on an emptied broker: an acknowledged batch could then be taken for a duplicate
    and be lost. A batch that is sent twice is harmless here, since every event has its number.
    """

    def __init__(self, producer: AIOKafkaProducer, *, last_alone: bool = False) -> None:
        self._producer = producer
        self._last_alone = last_alone

    @classmethod
    async def connect(cls, settings: EventingSettings) -> "KafkaWriter":
        producer = AIOKafkaProducer(
            **client_options(settings), acks="all", enable_idempotence=False, max_batch_size=900_000
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await producer.start()
        except (KafkaError, TimeoutError, OSError) as error:
            await producer.stop()
            raise LogUnavailableError(type(error).__name__) from error
        except asyncio.CancelledError:
            await producer.stop()
            raise
        return cls(producer, last_alone=not settings.broker_tells_exact_ends)

    async def send(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        """The offset of the first record; the others follow it."""
        if not self._last_alone or len(records) == 1:
            return await self._send_batch(topic, partition, records)
        first = await self._send_batch(topic, partition, records[:-1])
        if await self._send_batch(topic, partition, records[-1:]) != first + len(records) - 1:
            raise LogUnavailableError("another writer came between")
        return first

    async def _send_batch(self, topic: str, partition: int, records: Sequence[OutgoingRecord]) -> int:
        batch = self._producer.create_batch()
        now = int(time() * 1000)
        for record in records:
            if batch.append(key=record.key, value=record.body, timestamp=now, headers=record.headers) is None:
                raise ValueError("the records do not fit into one batch")
        future = await self._producer.send_batch(batch, topic, partition=partition)
        return int((await future).offset)

    async def close(self) -> None:
        """Stop without waiting for what is under way; the broker may be gone."""
        closing = asyncio.create_task(self._producer.stop())
        _, late = await asyncio.wait([closing], timeout=1)
        if late:
            # It waits for answers, and has no other way to be told that there will be none.
            self._producer._message_accumulator.fail_all(KafkaConnectionError("given up"))  # noqa: SLF001
            await self._producer.client.close()
            await asyncio.wait([closing], timeout=1)
            closing.cancel()


def records_of(fetched: Mapping[TopicPartition, Sequence[Any]]) -> list[LogRecord]:
    return [
        LogRecord(place.topic, place.partition, each.offset, each.key, each.headers, each.value)
        for place, records in fetched.items()
        for each in records
    ]


async def read_one_by_one(consumer: AIOKafkaConsumer, wait: int, limit: int) -> list[LogRecord]:
    """What has come, at most so many per partition; `SPOILED` stands for what the client cannot read."""
    places = consumer.assignment()
    found = await asyncio.gather(*(_read_place(consumer, place, wait, limit) for place in places))
    return [record for of_place in found for record in of_place]


async def _read_place(
    consumer: AIOKafkaConsumer, place: TopicPartition, wait: int, limit: int
) -> list[LogRecord]:
    records: list[LogRecord] = []
    try:
        while len(records) < limit:
            fetched = await consumer.getmany(place, timeout_ms=0 if records else wait, max_records=1)
            if not fetched:
                break
            records += records_of(fetched)
    except UNREADABLE as error:
        offset = await consumer.position(place)
        log.warning("record_passed_over", error=type(error).__name__, place=str(place), offset=offset)
        consumer.seek(place, offset + 1)
        records.append(LogRecord(place.topic, place.partition, offset, None, SPOILED, None))
    return records


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:  # noqa: ARG002
        await self._gate.close()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        await self._gate.open([(each.topic, each.partition) for each in assigned])


class KafkaReader:
    """A consumer that FastStream builds, starts and stops, and that we read.

    A FastStream subscriber without a handler runs no loop of its own: nothing acknowledges, seeks or swallows
    an error behind our back, and the positions are those of the database.
    """

    def __init__(self, topics: Sequence[str], group: str, settings: EventingSettings) -> None:
        self._topics = topics
        self._group = group
        self._settings = settings
        self._broker: KafkaBroker | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._one_by_one = False

    async def start(self, gate: Gate) -> None:
        settings = self._settings
        self._broker = KafkaBroker(
            settings.bootstrap_servers.split(","),  # FastStream takes a string for one address
            consumer_only=True,
            allow_auto_create_topics=False,
            metadata_max_age_ms=settings.metadata_max_age_ms,
            security=_faststream_security(settings),
            logger=None,
        )
        subscriber = self._broker.subscriber(
            *self._topics,
            batch=True,
            ack_policy=AckPolicy.MANUAL,
            group_id=self._group,
            listener=_Listener(gate),
            partition_assignment_strategy=(RangePartitionAssignor,),
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=settings.session_timeout_ms // 3,
            fetch_max_wait_ms=settings.fetch_max_wait_ms,
            auto_offset_reset="earliest",
        )
        try:
            await self._broker.start()
        except (KafkaError, OSError) as error:
            raise LogUnavailableError(type(error).__name__) from error
        self._consumer = subscriber.consumer

    async def stop(self) -> None:
        broker, self._broker, self._consumer = self._broker, None, None
        if broker is not None:
            stopping = asyncio.create_task(broker.stop())
            await asyncio.wait([stopping], timeout=5)
            stopping.cancel()

    async def poll(self, *, max_records: int, awake: bool) -> list[LogRecord]:
        if self._consumer is None:
            raise LogUnavailableError("the consumer is not started")
        wait = self._settings.fetch_max_wait_ms if awake else self._settings.idle_fetch_max_wait_ms
        # aiokafka takes it anew for each fetch, and has no public way to change it.
        self._consumer._fetcher._fetch_max_wait_ms = wait  # noqa: SLF001
        try:
            if self._one_by_one:
                records = await read_one_by_one(self._consumer, wait, max_records)
                self._one_by_one = not any(record.headers is SPOILED for record in records)
                return records
            return records_of(await self._consumer.getmany(timeout_ms=wait, max_records=max_records))
        except UNREADABLE as error:
            # The client has dropped records of other partitions with it: reading begins anew, with care.
            self._one_by_one = True
            raise LogUnavailableError(type(error).__name__) from error
        except KafkaError as error:
            raise LogUnavailableError(type(error).__name__) from error

    async def show(self, positions: Mapping[tuple[str, int], int]) -> None:
        if self._consumer is None:
            return
        assigned = self._consumer.assignment()
        offsets = {TopicPartition(*place): offset for place, offset in positions.items()}
        if shown := {each: offsets[each] for each in offsets.keys() & assigned}:
            with suppress(KafkaError):
                await self._consumer.commit(shown)

    def seek(self, topic: str, partition: int, offset: int) -> None:
        place = TopicPartition(topic, partition)
        if self._consumer is not None and place in self._consumer.assignment():
            self._consumer.seek(place, offset)


def _faststream_security(settings: EventingSettings) -> BaseSecurity | None:
    if settings.security_protocol == "PLAINTEXT":
        return None
    context = None
    if settings.security_protocol == "SASL_SSL":
        context = ssl.create_default_context(cafile=settings.ca_file)
    return SASLScram512(
        settings.sasl_username or "",
        settings.sasl_password or "",
        ssl_context=context,
        use_ssl=context is not None,
    )
