"""Relay and consumer on a real broker: what a framework would lose is not lost, and an empty broker heals."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID, uuid4

import psutil
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.record.util import calc_crc32c
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from contracts.catalogue import ORDERS, PARTITIONS, partition_of
from devstack.broker import Broker, start_broker, stop_broker
from eventing import Eventing, EventingSettings, ignore
from eventing.kafka import KafkaReader, KafkaWriter
from eventing.kafka_admin import KafkaAdmin
from eventing.log import OutgoingRecord, WrongPartitionsError
from tests.component.eventing.orders import requested
from tests.component.eventing.steps import record
from tests.component.eventing.world import Clock, Projection, World, handlers_of
from tests.conftest import MakeDatabase
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(120)


def settings(broker: Broker) -> EventingSettings:
    return EventingSettings(**broker.settings, idle_fetch_max_wait_ms=50, watch_interval=0.2, relay_round=3)


class Pair:
    """Ordering speaks, issuer listens, both as in their processes."""

    def __init__(self, ordering: Any, issuer: Any, broker: Broker) -> None:
        self.projection = Projection()
        self.speaks = Eventing(
            service="ordering",
            pool=ordering.pool,
            handlers=handlers_of("ordering", ignore),
            settings=settings(broker),
        )
        self.listens = self.listener(issuer.pool, broker)

    def listener(self, pool: Any, broker: Broker) -> Eventing:
        handlers = handlers_of("issuer", self.projection.handle)
        return Eventing(service="issuer", pool=pool, handlers=handlers, settings=settings(broker))

    async def say(self, count: int = 1) -> list[UUID]:
        orders = [uuid4() for _ in range(count)]
        async with self.speaks.works.begin() as work:
            work.publish(*(requested(work, order) for order in orders))
        return orders

    async def heard(self, orders: list[UUID], within: float = 40) -> None:
        await eventually(lambda: all(self.projection.numbers(order) == [1] for order in orders), within)


@pytest.fixture
async def pair(database: MakeDatabase, broker: Broker) -> AsyncIterator[Pair]:
    made = Pair(await database("ordering"), await database("issuer"), broker)
    await made.speaks.start()
    await made.listens.start()
    yield made
    await made.speaks.stop()
    await made.listens.stop()


async def test_an_event_travels_from_one_service_to_the_other(pair: Pair) -> None:
    orders = await pair.say(200)

    await pair.heard(orders)
    await eventually(lambda: pair.listens.pipeline().healthy and pair.speaks.pipeline().healthy)


async def test_headers_that_no_framework_parses_take_no_batch_along(pair: Pair, broker: Broker) -> None:
    await pair.heard(await pair.say())
    world = World(*[None] * 10)  # type: ignore[arg-type]
    world.clock = Clock()
    good, odd, lost = uuid4(), uuid4(), uuid4()
    records = [
        record(world, lambda work: requested(work, odd), 1, nothing=None, broken=b"\xff\xfe"),
        record(world, lambda work: requested(work, lost), 1, ce_sequence=b"\xff"),
        record(world, lambda work: requested(work, good), 1),
    ]

    async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:
        for each in records:
            place = partition_of(each.key.decode())
            await producer.send_and_wait(ORDERS.name, each.body, each.key, place, headers=each.headers)

    await pair.heard([good, odd])
    assert pair.projection.numbers(lost) == []
    kept = await pair.listens.works.pool.fetchval("select count(*) from unreadable")
    assert kept == 1


async def test_a_record_that_the_client_cannot_read_is_passed_over(pair: Pair, broker: Broker) -> None:
    await pair.heard(await pair.say())
    world = World(*[None] * 10)  # type: ignore[arg-type]
    world.clock = Clock()
    before, spoiled, after = (
        uuid4(),
        record(world, lambda work: requested(work, uuid4()), 1, NAME=b"x"),
        uuid4(),
    )
    partition = partition_of(spoiled.key.decode())

    async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:
        for order_id in (before, after):
            good = record(world, lambda work, order_id=order_id: requested(work, order_id), 1)  # type: ignore[misc]
            await producer.send_and_wait(
                ORDERS.name, good.body, good.key, partition_of(good.key.decode()), headers=good.headers
            )
            if order_id == before:
                batch = producer.create_batch()
                batch.append(key=spoiled.key, value=spoiled.body, timestamp=1, headers=spoiled.headers)
                _rename(batch, b"NAME", b"\xffAME")
                await (await producer.send_batch(batch, ORDERS.name, partition=partition))

    await pair.heard([before, after, *await pair.say(50)])
    kept = await pair.listens.works.pool.fetch("select partition, key from unreadable")
    assert [tuple(row) for row in kept] == [(partition, None)]


async def test_a_writer_that_is_thrown_away_leaves_nothing_behind(broker: Broker) -> None:
    await KafkaAdmin(settings(broker)).create([ORDERS])
    sent = [OutgoingRecord(b"key", [], b"body")]
    before = asyncio.all_tasks()
    writer = await KafkaWriter.connect(settings(broker))
    await writer.send(ORDERS.name, 0, sent)

    broker.process.send_signal(signal.SIGSTOP)
    try:
        # Until it stands still it may answer.
        await eventually(lambda: psutil.Process(broker.process.pid).status() == psutil.STATUS_STOPPED)
        sending = asyncio.create_task(writer.send(ORDERS.name, 0, sent))
        await eventually(lambda: writer._producer._sender._in_flight)
        await writer.close()
        with pytest.raises(KafkaError):
            await sending
    finally:
        broker.process.send_signal(signal.SIGCONT)

    await eventually(lambda: asyncio.all_tasks() <= before)


def _rename(batch: Any, name: bytes, other: bytes) -> None:
    """Write other bytes into a batch, and the checksum that it has with them."""
    content = bytearray(batch._build())
    start = content.index(name)
    content[start : start + len(name)] = other
    content[17:21] = calc_crc32c(bytes(content[21:])).to_bytes(4, "big")
    batch._buffer = bytes(content)


async def test_a_broker_that_comes_back_empty_loses_nothing(
    pair: Pair, broker: Broker, tmp_path: Path
) -> None:
    before = await pair.say(50)
    await pair.heard(before[:10])

    broker.process.kill()
    broker.process.wait()
    meanwhile = await pair.say(50)
    await eventually(lambda: not pair.speaks.pipeline().healthy, 30)
    again = start_broker(tmp_path / "another disk", port=broker.port)
    try:
        after = await pair.say(50)
        await pair.heard(before + meanwhile + after)
        await eventually(lambda: pair.speaks.pipeline().healthy and pair.listens.pipeline().healthy, 30)
    finally:
        await pair.speaks.stop()
        await pair.listens.stop()
        stop_broker(again)


async def test_replicas_share_the_partitions_and_take_over_from_each_other(
    pair: Pair, broker: Broker
) -> None:
    await pair.heard(await pair.say())
    second = pair.listener(pair.listens.works.pool, broker)
    await second.start()
    await eventually(lambda: 0 < len(second.consumer.next_offsets) < 2 * PARTITIONS, 40)

    shared = await pair.say(100)
    await pair.heard(shared)
    await pair.listens.stop()
    left = await pair.say(100)

    await pair.heard(left)
    await second.stop()


async def test_a_topic_that_the_broker_made_by_itself_is_replaced(
    database: MakeDatabase, broker: Broker
) -> None:
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic(ORDERS.name, 4, 1)])[ORDERS.name].result(10)
    made = Pair(await database("ordering"), await database("issuer"), broker)

    await made.speaks.start()
    await made.listens.start()

    await made.heard(await made.say(20))
    await made.speaks.stop()
    await made.listens.stop()


@pytest.mark.parametrize(("ours", "records"), [(True, 1), (False, 0)], ids=["with records", "of others"])
async def test_a_topic_with_other_partitions_is_refused_and_kept(
    broker: Broker, ours: bool, records: int
) -> None:
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic(ORDERS.name, 4, 1)])[ORDERS.name].result(10)
    async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:
        for _ in range(records):
            await producer.send_and_wait(ORDERS.name, b"body", b"key", 3)
    options = settings(broker).model_copy(update={"create_topics": ours})

    with pytest.raises(WrongPartitionsError):
        await KafkaAdmin(options).describe([ORDERS.name], ends_of=())

    assert len(admin.list_topics(ORDERS.name, timeout=10).topics[ORDERS.name].partitions) == 4


async def test_what_the_broker_made_in_the_place_of_our_topic_is_replaced_whatever_came_into_it(
    broker: Broker,
) -> None:
    ours = KafkaAdmin(settings(broker))
    await ours.create([ORDERS])
    await ours.describe([ORDERS.name], ends_of=())
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.delete_topics([ORDERS.name])[ORDERS.name].result(10)
    await eventually(lambda: ORDERS.name not in admin.list_topics(timeout=10).topics)
    admin.create_topics([NewTopic(ORDERS.name, 4, 1)])[ORDERS.name].result(10)
    async with AIOKafkaProducer(bootstrap_servers=broker.address) as producer:
        await producer.send_and_wait(ORDERS.name, b"body", b"key", 3)

    assert await ours.describe([ORDERS.name], ends_of=()) == {}

    await eventually(lambda: ORDERS.name not in admin.list_topics(timeout=10).topics)


async def test_one_of_several_addresses_is_enough(broker: Broker) -> None:
    several = f"127.0.0.1:1,{broker.address}"
    options = settings(broker).model_copy(update={"bootstrap_servers": several})
    await KafkaAdmin(options).create([ORDERS])
    reader = KafkaReader([ORDERS.name], "issuer", options)

    await reader.start(AsyncMock())

    assert await reader.poll(max_records=1, awake=True) == []
    await reader.stop()
