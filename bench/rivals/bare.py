"""The least that can be done: raw aiokafka and one batched insert per hop, without any guarantee.

No outbox, no numbers, no headers, no status, no seals: what a real pipeline is measured against from above.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from time import time
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.rivals.roles import ISSUER, Race, answer, parse_arguments
from contracts.catalogue import partition_of
from contracts.issuer import CredentialReady
from contracts.ordering import OrderPlaced

AT_ONCE = 1000  # records
WAIT = 10  # ms; as the pipeline asks the embedded broker


async def run(role: str, race: Race) -> None:
    connection = await asyncpg.connect(race.database_url)
    topic = race.orders if role == ISSUER else race.ready
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=race.bootstrap,
        group_id=race.group(role),
        auto_offset_reset="earliest",
        fetch_max_wait_ms=WAIT,
    )
    producer = AIOKafkaProducer(bootstrap_servers=race.bootstrap, acks="all")
    async with consumer, producer:
        while True:
            fetched = await consumer.getmany(timeout_ms=1000, max_records=AT_ONCE)
            values = [record.value for records in fetched.values() for record in records]
            if values and role == ISSUER:
                await issue(connection, producer, race, values)
            elif values:
                ids = [CredentialReady.model_validate_json(value).order_id for value in values]
                await insert(connection, race.table(role), ids)


async def issue(
    connection: "asyncpg.Connection[asyncpg.Record]",
    producer: AIOKafkaProducer,
    race: Race,
    values: Sequence[bytes],
) -> None:
    orders = [OrderPlaced.model_validate_json(value) for value in values]
    await insert(connection, race.table(ISSUER), [order.order_id for order in orders])
    await send(producer, race.ready, [answer(order) for order in orders])


async def insert(
    connection: "asyncpg.Connection[asyncpg.Record]", table: str, order_ids: Sequence[UUID]
) -> None:
    await connection.execute(
        f"insert into {table} (order_id) select * from unnest($1::uuid[])",
        order_ids,
    )


async def send(
    producer: AIOKafkaProducer, topic: str, events: Sequence[CredentialReady | OrderPlaced]
) -> None:
    by_partition: defaultdict[int, list[tuple[bytes, bytes]]] = defaultdict(list)
    for event in events:
        key = str(event.order_id)
        by_partition[partition_of(key)].append((key.encode(), event.model_dump_json().encode()))
    await asyncio.gather(
        *(_send_batches(producer, topic, partition, pairs) for partition, pairs in by_partition.items())
    )


async def _send_batches(
    producer: AIOKafkaProducer, topic: str, partition: int, pairs: Sequence[tuple[bytes, bytes]]
) -> None:
    batch, now = producer.create_batch(), int(time() * 1000)
    for key, value in pairs:
        if batch.append(key=key, value=value, timestamp=now) is None:
            await (await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=now)
    await (await producer.send_batch(batch, topic, partition=partition))


if __name__ == "__main__":
    asyncio.run(run(*parse_arguments()))
