"""The client that looks at topics, over a client library that may fall silent for good."""

from concurrent.futures import Future
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from eventing import kafka_admin
from eventing.log import LogUnavailableError
from eventing.settings import EventingSettings


class Deaf:
    """Never gets an answer; counts how many of it were made."""

    made = 0

    def __init__(self, options: dict[str, Any]) -> None:
        Deaf.made += 1

    def describe_topics(self, topics: object, request_timeout: float) -> dict[str, Future[object]]:
        answer: Future[object] = Future()
        answer.set_exception(KafkaException(KafkaError(KafkaError._TIMED_OUT)))
        return {"ordering.orders.v1": answer}


async def test_a_client_without_an_answer_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_admin, "AdminClient", Deaf)
    admin = kafka_admin.KafkaAdmin(EventingSettings())

    with pytest.raises(LogUnavailableError):
        await admin.describe(["ordering.orders.v1"], ends_of=())

    assert Deaf.made == 2
