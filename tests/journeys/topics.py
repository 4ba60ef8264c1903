"""What stands in the topics of a stack, for tests that look for what must not stand there."""

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from tests.leaks import Place


async def all_records(broker: str) -> list[ConsumerRecord]:
    """Every topic from its beginning; read until nothing has come for a second."""
    consumer = AIOKafkaConsumer(bootstrap_servers=broker, auto_offset_reset="earliest", fetch_max_wait_ms=50)
    await consumer.start()
    topics = await consumer.topics()
    consumer.assign([TopicPartition(topic, number) for topic in topics for number in range(16)])
    await consumer.seek_to_beginning()
    records: list[ConsumerRecord] = []
    while fetched := await consumer.getmany(timeout_ms=1000):
        records += [record for part in fetched.values() for record in part]
    await consumer.stop()
    return records


def place_of(record: ConsumerRecord) -> Place:
    headers = [part for name, value in record.headers for part in (name.encode(), value)]
    content = b"\n".join([record.key or b"", *headers, record.value or b""])
    return Place(f"{record.topic}/{record.partition}/{record.offset}", content)
