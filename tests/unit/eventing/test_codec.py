"""An event becomes bytes and is read again; whatever else arrives is told apart, never raised at random."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.catalogue import ORDERS, partition_of, type_of
from contracts.ordering import OrderCancelled
from eventing.codec import Envelope, LogRecord, Unreadable, decode, encode, occurred_at

EVENT = OrderCancelled(
    event_id=uuid4(),
    occurred_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
    institution_id="umcs",
    order_id=uuid4(),
    reason="student",
)
KEY = str(EVENT.order_id).encode()
ELSEWHERE = next(
    key for key in (b"one", b"another") if partition_of(key.decode()) != partition_of(KEY.decode())
)
NAMES = ["ce_sequence", "ce_epoch", "ce_base", "ce_type", "ce_time", "anything"]
PLACE = {"ce_sequence": "3", "ce_epoch": "1", "ce_base": "0"}


def record(key: bytes | None = KEY, body: bytes | None = None, **changed: bytes | None) -> LogRecord:
    headers, encoded = encode(EVENT, source="ordering", trace={})
    sent: dict[str, bytes | None] = {name: text.encode() for name, text in (headers | PLACE).items()}
    partition = partition_of(KEY.decode())
    body = encoded if body is None else body
    return LogRecord(ORDERS.name, partition, 7, key, list((sent | changed).items()), body)


def test_what_is_written_is_read() -> None:
    envelope = decode(record())

    assert (envelope.number, envelope.epoch, envelope.base) == (3, 1, 0)
    assert envelope.ce_type == type_of(OrderCancelled)
    assert envelope.event == EVENT
    assert envelope.occurred_at == EVENT.occurred_at


def test_headers_follow_cloudevents() -> None:
    headers, _ = encode(EVENT, source="ordering", trace={"traceparent": "00-1-2-01"})

    assert headers == {
        "ce_specversion": "1.0",
        "ce_id": str(EVENT.event_id),
        "ce_source": "/legitka/ordering",
        "ce_type": "pl.legitka.ordering.OrderCancelled.v1",
        "ce_time": "2026-11-22T12:00:00+00:00",
        "content-type": "application/json",
        "traceparent": "00-1-2-01",
    }


KEYS_WITHOUT_PLACE = ["none", "empty", "not UTF-8", "with a zero", "of another partition"]


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"a\x00b", ELSEWHERE], ids=KEYS_WITHOUT_PLACE)
def test_a_record_without_its_key_has_no_place(key: bytes | None) -> None:
    with pytest.raises(Unreadable):
        decode(record(key=key))


@pytest.mark.parametrize("name", ["ce_sequence", "ce_epoch", "ce_base"])
@pytest.mark.parametrize("value", [None, b"", b"-1", b"1.0", "１".encode(), b"9" * 30, b"\xff"])
def test_a_record_without_its_number_has_no_place(name: str, value: bytes | None) -> None:
    with pytest.raises(Unreadable, match=name):
        decode(record(**{name: value}))


def test_the_body_of_another_key_is_refused() -> None:
    other = EVENT.model_copy(update={"order_id": uuid4()})

    with pytest.raises(Unreadable, match="another key"):
        _ = decode(record(body=other.model_dump_json().encode())).event


def test_an_error_names_the_field_and_never_the_value() -> None:
    body = EVENT.model_dump_json().encode().replace(b'"student"', b'"Jan Kowalski"')

    with pytest.raises(Unreadable, match="reason") as caught:
        _ = decode(record(body=body)).event

    assert "Kowalski" not in str(caught.value)
    assert caught.value.__cause__ is None


TIMES = ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00Z"]


@pytest.mark.parametrize("time", TIMES)
def test_a_time_that_no_calendar_has_is_none(time: str) -> None:
    envelope = decode(record(ce_time=time.encode()))

    assert envelope.occurred_at is None or envelope.occurred_at.tzinfo == UTC


@given(
    key=st.none() | st.binary(max_size=60),
    body=st.none() | st.binary(max_size=200),
    headers=st.lists(
        st.tuples(
            st.sampled_from([*PLACE, "ce_type", "ce_time", "x"]),
            st.none() | st.sampled_from([time.encode() for time in TIMES]) | st.binary(max_size=30),
        )
    ),
)
def test_any_bytes_are_either_read_or_unreadable(
    key: bytes | None, body: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    arrived = LogRecord(
        ORDERS.name, partition_of((key or b"").decode(errors="ignore")), 0, key, headers, body
    )
    occurred_at(arrived)
    try:
        envelope = decode(arrived)
    except Unreadable:
        return
    assert isinstance(envelope, Envelope)
    with pytest.raises(Unreadable):
        _ = envelope.event


@given(time=st.sampled_from(TIMES) | st.text(max_size=30))
def test_any_time_in_a_body_is_either_read_or_unreadable(time: str) -> None:
    body = {**json.loads(EVENT.model_dump_json()), "occurred_at": time}
    try:
        event = decode(record(body=json.dumps(body).encode())).event
    except Unreadable:
        return
    assert event.occurred_at.tzinfo == UTC
