"""The released contracts: a JSON Schema and a golden sample per event version and revision.

`python -m tests.contract.released` writes what is new and never touches what is there. A revision adds
optional fields; anything else is a new event class.
"""

import json
import sys
from pathlib import Path
from typing import Any

from contracts.base import Event
from contracts.catalogue import TOPICS, type_of
from contracts.examples import example_of

FOLDER = Path(__file__).parent
SAMPLES = FOLDER / "samples"
SCHEMAS = FOLDER / "schemas"

EVENTS = tuple(event for topic in TOPICS for event in topic.events)


def schema_of(event_class: type[Event]) -> dict[str, Any]:
    """The shape that readers rely on, without the words about it: those may get better at any time."""
    schema = event_class.model_json_schema(mode="validation")
    properties = {name: _without_words(field) for name, field in schema.pop("properties").items()}
    return {**_without_words(schema), "properties": properties}


def _without_words(schema: Any) -> Any:
    match schema:
        case dict():
            return {key: _without_words(schema[key]) for key in schema if key not in {"title", "description"}}
        case list():
            return [_without_words(part) for part in schema]
    return schema


def revisions(folder: Path, event_class: type[Event]) -> list[Path]:
    """Oldest first: `<type>.1.json`, `<type>.2.json`, …"""
    found = folder.glob(f"{type_of(event_class)}.*.json")
    return sorted(found, key=lambda path: int(path.suffixes[-2][1:]))


def is_compatible(old: dict[str, Any], new: dict[str, Any]) -> bool:
    """Whether readers of either find what they need in the other: only optional fields were added."""
    kept = {name: field for name, field in new["properties"].items() if name in old["properties"]}
    return {**new, "properties": kept} == old


def release(event_class: type[Event]) -> str | None:
    """Writes schema and sample of an event that is new or has new optional fields; says what it wrote."""
    schema, released = schema_of(event_class), revisions(SCHEMAS, event_class)
    if released:
        newest = json.loads(released[-1].read_text())
        if newest == schema:
            return None
        if not is_compatible(newest, schema):
            raise SystemExit(f"{type_of(event_class)} is released. Make a new class of it instead.")
    name = f"{type_of(event_class)}.{len(released) + 1}.json"
    _write_new(SCHEMAS / name, json.dumps(schema, indent=2, sort_keys=True))
    _write_new(SAMPLES / name, example_of(event_class).model_dump_json(indent=2))
    return name


def _write_new(path: Path, text: str) -> None:
    with path.open("x") as file:
        file.write(text + "\n")


if __name__ == "__main__":
    for released_file in filter(None, map(release, EVENTS)):
        sys.stdout.write(f"released {released_file}\n")
