"""Writes the reference of all events: `python -m contracts.docs`; with `--check` says whether it is fresh."""

import json
import sys
from inspect import getdoc
from pathlib import Path
from typing import Any

from contracts.asyncapi import asyncapi_of_platform
from contracts.base import Event, StreamEvent
from contracts.catalogue import (
    DEAD_LETTER_TOPICS,
    PARTITIONS,
    RETENTION,
    TOPICS,
    Topic,
    passes_held_key,
    type_of,
)
from contracts.examples import example_of

_INTRODUCTION = f"""# Events

Generated from `libs/contracts` by `make docs`.

A record is a CloudEvent in Kafka's binary mode: attributes in `ce_*` headers, JSON in the body. Its key is
the order it speaks of; `ce_sequence` numbers the events of one order in one topic 1, 2, 3 … without holes.
Besides the fields below, each event has `event_id` and `occurred_at`, and in the numbered topics
`institution_id` and `order_id`. What is *sealed* can be opened by the named service only; a *word* is meant
for machines. Every topic has {PARTITIONS} partitions and keeps its records for {RETENTION.days} days.
[asyncapi.json](asyncapi.json) says the same to machines.
"""

_FORMATS = {"date-time": "time (UTC)", "uuid": "UUID"}

_PASSING = "**Passes a held stream**: takes effect on arrival even though an event before it is missing"


def documents() -> dict[str, str]:
    """File name → text."""
    return {
        "events.md": events_page(),
        "asyncapi.json": json.dumps(asyncapi_of_platform(), indent=2, ensure_ascii=False) + "\n",
    }


def events_page() -> str:
    return "\n".join([_INTRODUCTION, _overview(), *map(_topic_section, TOPICS), _dead_letters()])


def _overview() -> str:
    rows = [[f"[`{topic.name}`](#{_anchor(topic)})", *_who(topic), _names(topic)] for topic in TOPICS]
    return _table(["topic", "written by", "read by", "events"], rows)


def _anchor(topic: Topic) -> str:
    return topic.name.replace(".", "")


def _who(topic: Topic) -> list[str]:
    return [topic.owner if topic.numbered else "all", ", ".join(topic.consumers)]


def _names(topic: Topic) -> str:
    return ", ".join(f"`{event.__name__}`" for event in topic.events)


def _topic_section(topic: Topic) -> str:
    return "\n".join([f"## {topic.name}\n", *map(_event_section, topic.events)])


def _event_section(event: type[Event]) -> str:
    lines = [f"### {event.__name__}\n", f"{getdoc(event)}\n", f"Type `{type_of(event)}`.\n"]
    if passes_held_key(example_of(event)):
        lines.append(f"{_PASSING}{_only_for(event)}.\n")
    fields = _own_fields(event)
    if fields:
        rows = [[f"`{name}`", _type_text(schema)] for name, schema in fields.items()]
        lines.append(_table(["field", "type"], rows))
    return "\n".join(lines)


def _only_for(event: type[Event]) -> str:
    return " (`revoke` and `suspend` only)" if "change" in event.model_fields else ""


def _own_fields(event: type[Event]) -> dict[str, dict[str, Any]]:
    inherited = {*StreamEvent.model_fields, *Event.model_fields}
    properties = event.model_json_schema()["properties"]
    return {name: schema for name, schema in properties.items() if name not in inherited}


def _type_text(schema: dict[str, Any]) -> str:
    match schema:
        case {"anyOf": [inner, {"type": "null"}]}:
            return f"{_type_text({**inner, **schema, 'anyOf': None})}, or null"
        case {"enum": [*words]}:
            return " · ".join(f"`{word}`" for word in words)
        case {"type": "array", "items": items}:
            return f"list: {_type_text(items)}"
    return str(schema.get("description") or _FORMATS.get(schema.get("format", ""), schema["type"]))


def _dead_letters() -> str:
    names = "\n".join(f"* `{topic.name}`" for topic in DEAD_LETTER_TOPICS)
    return f"## Dead letters\n\nCopies of what a service could not apply, for watching.\n\n{names}\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def stale(folder: Path) -> list[str]:
    """The names of the documents that differ from what the catalogue says."""
    kept = {name: folder / name for name in documents()}
    return [
        name
        for name, text in documents().items()
        if not kept[name].exists() or kept[name].read_text() != text
    ]


def main(arguments: list[str]) -> None:
    folder = Path(next((a for a in arguments if not a.startswith("--")), "docs"))
    if "--check" in arguments:
        sys.exit(f"stale: {', '.join(found)}; run `make docs`" if (found := stale(folder)) else 0)
    for name, text in documents().items():
        (folder / name).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
