"""The generated reference is fresh, well formed, and says what is on the wire."""

import json
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft202012Validator

from contracts.asyncapi import asyncapi_of, asyncapi_of_platform
from contracts.base import Event
from contracts.catalogue import SERVICES, TOPICS, type_of
from contracts.docs import documents, events_page, stale
from contracts.examples import example_of
from eventing.codec import encode
from tests.contract.released import EVENTS

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_is_fresh() -> None:
    assert stale(DOCS) == [], "run `make docs`"


def test_a_changed_page_is_noticed(tmp_path: Path) -> None:
    for name, text in documents().items():
        (tmp_path / name).write_text(text)
    (tmp_path / "events.md").write_text("something else")

    assert stale(tmp_path) == ["events.md"]


@pytest.mark.parametrize("event_class", EVENTS, ids=type_of)
def test_every_event_has_its_section(event_class: type[Event]) -> None:
    assert f"### {event_class.__name__}\n" in events_page()


@pytest.mark.parametrize("document", [asyncapi_of_platform(), *map(asyncapi_of, SERVICES)])
def test_a_document_is_asyncapi_3(document: dict[str, Any]) -> None:
    ApplicationSchema.model_validate(document)

    assert all(_points_somewhere(document, reference) for reference in _references(document))


def test_a_service_sends_what_it_owns_and_receives_what_it_reads() -> None:
    operations = asyncapi_of("wallet")["operations"]

    assert set(operations) == {
        "wallet.sends.wallet.activations.v1",
        "wallet.sends.platform.replays.v1",
        "wallet.receives.issuer.credentials.v1",
        "wallet.receives.platform.replays.v1",
    }


def test_the_platform_document_has_every_topic() -> None:
    assert set(asyncapi_of_platform()["channels"]) == {topic.name for topic in TOPICS}


@pytest.mark.parametrize("event_class", EVENTS, ids=type_of)
def test_a_message_is_described_as_it_is_sent(event_class: type[Event]) -> None:
    components = asyncapi_of_platform()["components"]
    message = components["messages"][type_of(event_class)]
    headers, body = encode(example_of(event_class), source="issuer", trace={})
    numbers = {"ce_sequence": "1", "ce_epoch": "1", "ce_base": "0"}

    Draft202012Validator({**message["headers"], "additionalProperties": False}).validate(
        headers | (numbers if "ce_sequence" in message["headers"]["properties"] else {})
    )
    Draft202012Validator(components["schemas"][type_of(event_class)]).validate(json.loads(body))


def _references(part: Any) -> list[str]:
    match part:
        case {"$ref": str() as reference}:
            return [reference]
        case dict():
            return [found for value in part.values() for found in _references(value)]
        case list():
            return [found for value in part for found in _references(value)]
    return []


def _points_somewhere(document: Any, reference: str) -> bool:
    for name in reference.removeprefix("#/").split("/"):
        if name not in document:
            return False
        document = document[name]
    return True
