"""Whatever stands in the body of a record is an event of its contract or is unreadable: nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import Event
from contracts.catalogue import TOPICS, key_of, partition_of, topic_of
from contracts.examples import example_of
from eventing.codec import LogRecord, Unreadable, decode, encode
from tests.chance import JSON

EXAMPLES = [example_of(event_class) for topic in TOPICS for event_class in topic.events]
PLACE = {"ce_sequence": "3", "ce_epoch": "1", "ce_base": "0"}


def record_of(event: Event, body: bytes | None = None) -> LogRecord:
    headers, encoded = encode(event, source="anybody", trace={})
    sent = [(name, text.encode()) for name, text in (headers | PLACE).items()]
    key, body = key_of(event), encoded if body is None else body
    return LogRecord(topic_of(type(event)).name, partition_of(key), 7, key.encode(), sent, body)


@given(sample=st.sampled_from(EXAMPLES), data=st.data())
def test_any_body_of_any_event_is_either_read_or_unreadable(sample: Event, data: st.DataObject) -> None:
    """Members are replaced, added and left out; what is read nevertheless is written and read alike."""
    body: dict[str, Any] = json.loads(sample.model_dump_json())
    names = st.sampled_from(sorted(body)) | st.text(max_size=5)
    body.update(data.draw(st.dictionaries(names, JSON, max_size=2)))
    body.pop(data.draw(names), None)

    try:
        event = decode(record_of(sample, json.dumps(body).encode())).event
    except Unreadable:
        return

    assert decode(record_of(event)).event == event


@given(sample=st.sampled_from(EXAMPLES), body=st.binary(max_size=200) | JSON.map(json.dumps).map(str.encode))
def test_a_body_of_chance_is_no_event(sample: Event, body: bytes) -> None:
    with pytest.raises(Unreadable):
        _ = decode(record_of(sample, body)).event
