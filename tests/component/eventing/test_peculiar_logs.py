"""What a broker may do that Apache Kafka does not: nothing is lost by it."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiokafka.structs import RecordMetadata

from contracts.catalogue import ORDERS
from eventing.kafka import KafkaWriter
from eventing.log import LogUnavailableError, OutgoingRecord
from tests.component.eventing.steps import PLACE, applied, orders_in_one_partition, place
from tests.component.eventing.world import World

RECORDS = [OutgoingRecord(b"key", [], str(number).encode()) for number in range(3)]


class Batch(list[Any]):
    def append(self, **record: Any) -> bool:  # type: ignore[override]
        super().append(record["value"])
        return True


@dataclass
class Producer:
    """Gives places one after the other; `between`: another writer puts something in after each batch."""

    between: int = 0
    batches: list[Batch] = field(default_factory=list)

    def create_batch(self) -> Batch:
        return Batch()

    async def send_batch(self, batch: Batch, topic: str, *, partition: int) -> "asyncio.Future[Any]":
        first = sum(len(each) + self.between for each in self.batches)
        self.batches.append(batch)
        future = asyncio.get_running_loop().create_future()
        future.set_result(RecordMetadata(topic, partition, None, first, None, None, None))
        return future


async def test_where_ends_are_not_told_exactly_the_last_record_is_a_batch_of_its_own() -> None:
    exact, inexact = Producer(), Producer()

    await KafkaWriter(exact).send("topic", 0, RECORDS)
    await KafkaWriter(inexact, last_alone=True).send("topic", 0, RECORDS)

    assert exact.batches == [[b"0", b"1", b"2"]]
    assert inexact.batches == [[b"0", b"1"], [b"2"]]


async def test_places_that_do_not_follow_each_other_are_not_believed() -> None:
    writer = KafkaWriter(Producer(between=1), last_alone=True)

    with pytest.raises(LogUnavailableError):
        await writer.send("topic", 0, RECORDS)


async def test_a_hole_in_the_log_is_read_again_once_and_then_passed(world: World) -> None:
    before, lost, after = orders_in_one_partition(3)
    await place(world, before)
    await world.hear()
    await place(world, lost)
    await place(world, after)
    del world.log.topics[ORDERS.name].records[PLACE[1]][1]

    await world.hear()
    at_first = applied(world)
    await world.hear()

    assert at_first == {before: [1]}
    assert applied(world) == {before: [1], after: [1]}
