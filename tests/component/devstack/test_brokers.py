"""The embedded broker and Apache Kafka differ: each difference as one test, which holds on both of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError
from confluent_kafka import TopicPartition as DescribedPartition
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]

from devstack.broker import Broker, is_apache_kafka, start_broker, stop_broker

pytestmark = pytest.mark.timeout(120)

TOPIC = "differences"
PLACE = TopicPartition(TOPIC, 0)


@pytest.fixture
def admin(broker: Broker) -> AdminClient:
    admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 0})
    admin.create_topics([NewTopic(TOPIC, 1, 1)])[TOPIC].result(30)
    return admin


@asynccontextmanager
async def reading(broker: Broker, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.address, auto_offset_reset="none", **options)
    await consumer.start()
    try:
        consumer.assign([PLACE])
        yield consumer
    finally:
        await consumer.stop()


async def send(broker: Broker, *bodies: bytes) -> None:
    """In one batch."""
    async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:
        batch = producer.create_batch()
        for body in bodies:
            batch.append(key=None, value=body, timestamp=None)
        await (await producer.send_batch(batch, TOPIC, partition=0))


def test_only_the_embedded_broker_makes_topics_that_nobody_declared(
    broker: Broker, admin: AdminClient
) -> None:
    listed = admin.list_topics("nobody-declared-this", timeout=10).topics["nobody-declared-this"]

    assert len(listed.partitions) == (0 if is_apache_kafka() else 4)


async def test_only_apache_kafka_tells_exactly_where_a_log_ends(broker: Broker, admin: AdminClient) -> None:
    await send(broker, b"1", b"2", b"3")

    asked = admin.list_offsets({DescribedPartition(TOPIC, 0): OffsetSpec.latest()})  # type: ignore[no-untyped-call]
    (end,) = [answer.result(10).offset for answer in asked.values()]

    assert end == (3 if is_apache_kafka() else 1)


async def test_only_apache_kafka_wakes_a_fetch_that_waits(broker: Broker, admin: AdminClient) -> None:
    async with (
        AIOKafkaProducer(bootstrap_servers=broker.address) as producer,
        reading(broker, fetch_max_wait_ms=5_000) as consumer,
    ):
        consumer.seek(PLACE, 0)
        await producer.send_and_wait(TOPIC, b"first", partition=0)
        await consumer.getone()
        nothing = await consumer.getmany(timeout_ms=500)

        begun = monotonic()
        await producer.send_and_wait(TOPIC, b"second", partition=0)
        await consumer.getone()

    assert nothing == {}
    assert (monotonic() - begun < 2) == is_apache_kafka()


async def test_only_apache_kafka_refuses_a_place_behind_the_end(broker: Broker, admin: AdminClient) -> None:
    await send(broker, b"first")
    async with reading(broker, fetch_max_wait_ms=100) as consumer:
        consumer.seek(PLACE, 100)

        refused, found = False, {}
        try:
            found = await consumer.getmany(timeout_ms=3_000)
        except OffsetOutOfRangeError:
            refused = True

    assert (refused, found) == (is_apache_kafka(), {})


async def test_only_apache_kafka_gives_out_ids_of_producers(broker: Broker, admin: AdminClient) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.address, enable_idempotence=True)

    given = True
    try:
        async with asyncio.timeout(10):
            await producer.start()
            await producer.send_and_wait(TOPIC, b"with an id")
    except (KafkaError, TimeoutError):
        given = False
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await producer.stop()

    assert given == is_apache_kafka()


async def test_only_apache_kafka_still_has_its_log_after_a_crash(
    broker: Broker, admin: AdminClient, tmp_path: Path
) -> None:
    await send(broker, b"kept")

    broker.process.kill()
    broker.process.wait()
    again = start_broker(tmp_path, port=broker.port)
    topics = AdminClient({"bootstrap.servers": broker.address}).list_topics(timeout=10).topics
    stop_broker(again)

    assert (TOPIC in topics) == is_apache_kafka()
