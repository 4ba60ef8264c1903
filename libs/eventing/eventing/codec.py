"""CloudEvents 1.0 in Kafka's binary mode: an event becomes headers and a body once, and is read
record by record.

What a record says of itself (type, number, epoch) is read from headers alone, so that a body which cannot be
read still has its place in its stream.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from pydantic import ValidationError

from contracts.base import Event
from contracts.catalogue import key_of, model_of, partition_of, topic_of, type_of

MAX_BODY = 64 * 1024
# Numbers and epochs are smaller: more than any stream will need, and two of them fit into one bigint.
LIMIT = 1_000_000_000

RawHeaders = Sequence[tuple[str, bytes | None]]


class EventTooLarge(ValueError):
    """An event does not fit: nothing was written. Keep pictures and documents out of events."""


class Unreadable(ValueError):
    """A record, or its body, is not what the catalogue says. The message names the rule, never a value."""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as the log gave it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    headers: RawHeaders
    body: bytes | None


@dataclass(frozen=True)
class Envelope:
    """A record whose place is known: stream, number, epoch. Its body may still be unreadable."""

    topic: str
    partition: int
    offset: int
    key: str
    number: int | None
    epoch: int
    base: int
    ce_type: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def stream(self) -> tuple[str, str]:
        return self.topic, self.key

    @property
    def rank(self) -> int:
        """Larger is later in its stream, across restores too, where numbers are given again."""
        return (self.epoch - 1) * LIMIT + (self.number or 0)

    @property
    def erased(self) -> bool:
        return self.headers.get("ce_erased") == "1"

    @property
    def model(self) -> type[Event] | None:
        model = model_of(self.ce_type)
        return model if model is not None and topic_of(model).name == self.topic else None

    @cached_property
    def occurred_at(self) -> datetime | None:
        return _moment(self.headers.get("ce_time"))

    @cached_property
    def event(self) -> Event:
        """The event in the body; `Unreadable` when it breaks its contract or belongs to another key."""
        if self.model is None:
            raise Unreadable("the event type is not in the catalogue")
        try:
            event = self.model.model_validate_json(self.body)
        except ValidationError as error:
            fields = ", ".join(".".join(map(str, part["loc"])) or part["type"] for part in error.errors())
            raise Unreadable(f"the body breaks its contract: {fields}") from None
        if key_of(event) != self.key:
            raise Unreadable("the body belongs to another key")
        return event


def encode(event: Event, *, source: str, trace: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Headers (without number) and body of an event, for ever."""
    body = event.model_dump_json().encode()
    if len(body) > MAX_BODY:
        raise EventTooLarge(f"{type(event).__name__} has {len(body)} bytes, at most {MAX_BODY} are allowed")
    headers = {
        "ce_specversion": "1.0",
        "ce_id": str(event.event_id),
        "ce_source": f"/legitka/{source}",
        "ce_type": type_of(type(event)),
        "ce_time": event.occurred_at.isoformat(),
        "content-type": "application/json",
        **trace,
    }
    return headers, body


def decode(record: LogRecord) -> Envelope:
    """The envelope of a record, or `Unreadable`: then it has no place in any stream and can hold nothing."""
    headers = _text_headers(record.headers)
    key = _key(record.key)
    if partition_of(key) != record.partition:
        raise Unreadable("the key belongs to another partition")
    numbered = not record.topic.startswith("platform.")
    return Envelope(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=key,
        number=_count(headers, "ce_sequence", least=1) if numbered else None,
        epoch=_count(headers, "ce_epoch", least=1) if numbered else 1,
        base=_count(headers, "ce_base", least=0) if numbered else 0,
        ce_type=headers.get("ce_type", ""),
        headers=headers,
        body=record.body or b"",
    )


def occurred_at(record: LogRecord) -> datetime | None:
    """When the event of a record occurred, if it says so readably."""
    return _moment(_text_headers(record.headers).get("ce_time"))


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _key(key: bytes | None) -> str:
    try:
        text = (key or b"").decode()
    except UnicodeDecodeError:
        raise Unreadable("the key is not UTF-8") from None
    if not text or "\x00" in text:
        raise Unreadable("the key is empty or has a NUL")
    return text


def _text_headers(raw: RawHeaders) -> dict[str, str]:
    """Readable headers; of a name given twice with different values nothing is believed."""
    headers: dict[str, str] = {}
    doubtful = set()
    for name, value in raw:
        text = _text(value)
        if text is None or "\x00" in name or headers.setdefault(name, text) != text:
            doubtful.add(name)
    return {name: text for name, text in headers.items() if name not in doubtful}


def _text(value: bytes | None) -> str | None:
    try:
        text = None if value is None else value.decode()
    except UnicodeDecodeError:
        return None
    return None if text is None or "\x00" in text else text


def _count(headers: Mapping[str, str], name: str, *, least: int) -> int:
    text = headers.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19 and least <= int(text) < LIMIT):
        raise Unreadable(f"{name} is missing, given twice, or no number from {least} to {LIMIT}")
    return int(text)


def headers_to_text(raw: RawHeaders) -> str:
    """Headers of a record that is kept for a person; bytes that are no text are shown escaped."""
    return json.dumps(
        [[name, None if value is None else value.decode(errors="backslashreplace")] for name, value in raw]
    ).replace("\\u0000", "")
