"""Runs in a service's container: which topics take a record that the service's own Kafka user writes."""

import asyncio
import json
import os
import sys
from pathlib import Path

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

PASSWORD = Path(os.environ["KAFKA__SASL_PASSWORD_FILE"]).read_text().strip()


async def try_all(topics: list[str]) -> dict[str, str]:
    async with AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA__BOOTSTRAP_SERVERS"],
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=os.environ["KAFKA__SASL_USERNAME"],
        sasl_plain_password=PASSWORD,
    ) as producer:
        return {topic: await try_one(producer, topic) for topic in topics}


async def try_one(producer: AIOKafkaProducer, topic: str) -> str:
    try:
        await producer.send_and_wait(topic, b"nobody reads this")
    except KafkaError as error:
        return type(error).__name__
    return "written"


sys.stdout.write(json.dumps(asyncio.run(try_all(sys.argv[1:]))))
