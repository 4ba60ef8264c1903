"""What was released stays readable, and nothing is released by accident."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from contracts.base import Event
from contracts.catalogue import model_of, type_of
from contracts.examples import example_of
from tests.contract import released
from tests.contract.released import EVENTS, SAMPLES, SCHEMAS, is_compatible, revisions, schema_of

all_events = pytest.mark.parametrize("event_class", EVENTS, ids=type_of)
all_samples = pytest.mark.parametrize("path", sorted(SAMPLES.glob("*.json")), ids=lambda path: path.name)


def _model_of(path: Path) -> type[Event]:
    model = model_of(path.name.rsplit(".", 2)[0])
    assert model is not None, f"{path.name} was released and may never go"
    return model


def _read(path: Path) -> Any:
    return json.loads(path.read_text())


@all_events
def test_every_event_is_released_as_it_is(event_class: type[Event]) -> None:
    schemas = revisions(SCHEMAS, event_class)

    assert schemas, "new event: python -m tests.contract.released"
    assert schema_of(event_class) == _read(schemas[-1]), "a released event changed: make a new class of it"


@all_events
def test_a_revision_only_adds_optional_fields(event_class: type[Event]) -> None:
    schemas = [_read(path) for path in revisions(SCHEMAS, event_class)]

    assert all(is_compatible(old, new) for old, new in pairwise(schemas))


@all_samples
def test_every_sample_ever_released_still_parses_and_keeps_its_fields(path: Path) -> None:
    sample = _read(path)

    event = _model_of(path).model_validate_json(path.read_text())

    assert json.loads(event.model_dump_json()).items() >= sample.items()


@all_samples
def test_a_sample_matches_the_schema_released_with_it(path: Path) -> None:
    schema = _read(SCHEMAS / path.name)

    Draft202012Validator(schema).validate(_read(path))


@all_samples
def test_readers_ignore_fields_they_do_not_know(path: Path) -> None:
    sample = _read(path)

    event = _model_of(path).model_validate({**sample, "added_later": 1})

    assert event == _model_of(path).model_validate(sample)


@all_samples
def test_no_absent_field_is_made_up(path: Path) -> None:
    sample = _read(path)
    required = _read(SCHEMAS / path.name)["required"]

    for name in required:
        with pytest.raises(ValidationError):
            _model_of(path).model_validate({key: sample[key] for key in sample if key != name})


def test_a_sample_belongs_to_each_schema_and_no_other() -> None:
    assert {path.name for path in SAMPLES.iterdir()} == {path.name for path in SCHEMAS.iterdir()}


def test_another_required_field_is_no_revision() -> None:
    old = schema_of(EVENTS[0])
    added = {"colour": {"type": "string"}}

    optional = {**old, "properties": old["properties"] | added}
    required = {**optional, "required": [*old["required"], "colour"]}
    renamed = {**old, "properties": {f"new_{name}": field for name, field in old["properties"].items()}}

    assert is_compatible(old, optional)
    assert not is_compatible(old, required)
    assert not is_compatible(old, renamed)


def test_a_released_file_is_never_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(released, "SCHEMAS", tmp_path)
    monkeypatch.setattr(released, "SAMPLES", tmp_path / "samples")
    (tmp_path / "samples").mkdir()
    event_class = EVENTS[0]
    first = released.release(event_class)
    assert first is not None
    (tmp_path / first).write_text('{"properties": {"something": {"type": "string"}}}')

    with pytest.raises(SystemExit, match="Make a new class"):
        released.release(event_class)

    assert "something" in (tmp_path / first).read_text()


@all_events
def test_an_event_survives_the_wire(event_class: type[Event]) -> None:
    event = example_of(event_class)

    assert event_class.model_validate_json(event.model_dump_json()) == event
