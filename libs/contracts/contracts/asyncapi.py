"""The catalogue as AsyncAPI 3 documents: one of the platform, and one of each service.

Written straight from the catalogue: a generator that looks at subscribers sees a consumer that takes batches
of bytes, and would describe neither the records nor their headers.
"""

from inspect import getdoc
from typing import Any

from contracts.base import Event
from contracts.catalogue import (
    PARTITIONS,
    SERVICES,
    TOPICS,
    Topic,
    consumed_by,
    key_of,
    owned_by,
    topic_of,
    type_of,
)
from contracts.examples import example_of

Document = dict[str, Any]

_NUMBER = {"type": "string", "pattern": "^[0-9]+$"}

_HEADERS: Document = {
    "content-type": {"const": "application/json"},
    "ce_specversion": {"const": "1.0"},
    "ce_id": {"type": "string", "format": "uuid", "description": "The event's id (UUIDv7)."},
    "ce_source": {
        "type": "string",
        "pattern": "^/legitka/[a-z]+$",
        "description": "The service that tells it.",
    },
    "ce_time": {"type": "string", "format": "date-time", "description": "When it happened."},
    "traceparent": {"type": "string", "description": "W3C trace context, when tracing is on."},
}

_STREAM_HEADERS: Document = {
    "ce_sequence": {**_NUMBER, "description": "1, 2, 3 … without holes, per key and topic."},
    "ce_epoch": {**_NUMBER, "description": "1 until a restore to an earlier time; then one more."},
    "ce_base": {**_NUMBER, "description": "The last number that the restored stream has kept."},
    "ce_erased": {"const": "1", "description": "The payload was erased: the body is empty."},
}

_OPTIONAL = {"traceparent", "ce_erased"}


def asyncapi_of(service: str) -> Document:
    """What one service tells and what it listens to."""
    return _document(f"Legitka {service}", f"Events that `{service}` sends and receives.", (service,))


def asyncapi_of_platform() -> Document:
    return _document("Legitka", "Every event of the platform, who sends it and who receives it.", SERVICES)


def _document(title: str, description: str, services: tuple[str, ...]) -> Document:
    topics = [topic for topic in TOPICS if any(topic in _touched_by(service) for service in services)]
    events = [event for topic in topics for event in topic.events]
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": "1.0.0", "description": description},
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic) for topic in topics},
        "operations": {
            name: operation for service in services for name, operation in _operations(service).items()
        },
        "components": {
            "messages": {type_of(event): _message(event) for event in events},
            "schemas": {type_of(event): event.model_json_schema() for event in events},
        },
    }


def _touched_by(service: str) -> tuple[Topic, ...]:
    return _sent_by(service) + _received_by(service)


def _sent_by(service: str) -> tuple[Topic, ...]:
    return owned_by(service) + tuple(topic for topic in TOPICS if not topic.numbered)


def _received_by(service: str) -> tuple[Topic, ...]:
    return consumed_by(service) + tuple(topic for topic in TOPICS if not topic.numbered)


def _channel(topic: Topic) -> Document:
    return {
        "address": topic.name,
        "messages": {
            event.__name__: {"$ref": f"#/components/messages/{type_of(event)}"} for event in topic.events
        },
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": PARTITIONS,
                "topicConfiguration": {
                    "cleanup.policy": [topic.kafka_config["cleanup.policy"]],
                    "retention.ms": int(topic.kafka_config["retention.ms"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
    }


def _operations(service: str) -> dict[str, Document]:
    sends = {f"{service}.sends.{topic.name}": _operation("send", topic) for topic in _sent_by(service)}
    group = {"kafka": {"groupId": {"const": service}, "bindingVersion": "0.5.0"}}
    receives = {
        f"{service}.receives.{topic.name}": {**_operation("receive", topic), "bindings": group}
        for topic in _received_by(service)
    }
    return sends | receives


def _operation(action: str, topic: Topic) -> Document:
    channel = f"#/channels/{topic.name}"
    messages = [{"$ref": f"{channel}/messages/{event.__name__}"} for event in topic.events]
    return {"action": action, "channel": {"$ref": channel}, "messages": messages}


def _message(event: type[Event]) -> Document:
    example = example_of(event)
    return {
        "name": type_of(event),
        "title": event.__name__,
        "summary": getdoc(event),
        "contentType": "application/json",
        "headers": _headers(event),
        "payload": {"$ref": f"#/components/schemas/{type_of(event)}"},
        "bindings": {
            "kafka": {"key": {"type": "string", "examples": [key_of(example)]}, "bindingVersion": "0.5.0"}
        },
        "examples": [{"payload": example.model_dump(mode="json")}],
    }


def _headers(event: type[Event]) -> Document:
    stream_headers = _STREAM_HEADERS if topic_of(event).numbered else {}
    properties = _HEADERS | {"ce_type": {"const": type_of(event)}} | stream_headers
    required = sorted(name for name in properties if name not in _OPTIONAL)
    return {"type": "object", "properties": properties, "required": required}
