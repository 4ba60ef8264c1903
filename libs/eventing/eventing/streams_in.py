"""What this service has heard of a stream, and what waits there for its turn. Pure: rows are elsewhere."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from eventing.codec import Envelope
from eventing.settings import EventingSettings

StreamId = tuple[str, str]
# The last number that was applied, its time, the epoch of the producer and the base of that.
State = tuple[int, datetime | None, int, int]
NOTHING_HEARD: State = 0, None, 0, 0


@dataclass(slots=True)
class Held:
    """A record not applied yet. `stored`: it has a row in `waiting`; `dirty`: that is to be written."""

    envelope: Envelope
    arrived_at: datetime
    attempts: int = 0
    due: datetime | None = None
    dead_at: datetime | None = None
    ahead: bool = False
    reason: str = "gap"
    stored: bool = False
    dirty: bool = True

    def ready(self, now: datetime) -> bool:
        return self.dead_at is None and (self.due is None or self.due <= now)

    def has_its_turn(self, now: datetime) -> bool:
        """What failed before its turn only is not kept waiting in its turn."""
        return self.ready(now) or (self.dead_at is None and self.attempts == 0)


@dataclass(slots=True)
class Stream:
    """One stream in one transaction: the last number that was applied, and what is held after it.

    `written` is what its row says.
    """

    topic: str
    key: str
    partition: int
    epoch: int = 0
    base: int = 0
    last: int = 0
    last_at: datetime | None = None
    held: dict[int, Held] = field(default_factory=dict)
    gone: list[int] = field(default_factory=list)
    written: State = NOTHING_HEARD

    @property
    def state(self) -> State:
        return self.last, self.last_at, self.epoch, self.base

    def take(self, envelope: Envelope, now: datetime) -> str:
        """Keep a record for its turn; tells why it is dropped when it is."""
        self._enter_epoch(envelope)
        number = _number(envelope)
        if envelope.epoch < self.epoch and number > self.base:
            return "orphan"
        if number <= self.last or number in self.held:
            return "duplicate"
        self.held[number] = Held(envelope, now)
        return "taken"

    def _enter_epoch(self, envelope: Envelope) -> None:
        """The first record after a restore of its producer tells how far the restored stream had come.

        What was heard beyond that, its producer no longer knows: its numbers are given again.
        """
        if envelope.epoch > self.epoch:
            self.last = min(self.last, envelope.base)
            self.epoch, self.base = envelope.epoch, envelope.base
            for number in [number for number in self.held if number > self.base]:
                if self.held.pop(number).stored:
                    self.gone.append(number)

    def head(self, now: datetime) -> Held | None:
        """The next record, if it is here, is not dead and is not waiting for its retry."""
        held = self.held.get(self.last + 1)
        return held if held is not None and held.has_its_turn(now) else None

    def advance(self) -> None:
        """The next record has taken effect, or was ignored on purpose."""
        held = self.held.pop(self.last + 1)
        self.last += 1
        self.last_at = held.envelope.occurred_at or self.last_at
        if held.stored:
            self.gone.append(self.last)

    def settle(self, now: datetime) -> None:
        """What was due, was looked at and still waits, waits for those before it: it is due no more."""
        for held in self.held.values():
            if held.due is not None and held.due <= now:
                held.due, held.dirty = None, True


def postpone(held: Held, reason: str, now: datetime, settings: EventingSettings) -> bool:
    """A record failed alone: try again later, longer each time. True when that was its last attempt."""
    held.attempts += 1
    held.reason, held.dirty = reason, True
    if held.attempts >= settings.attempts:
        bury(held, reason, now)
        return True
    pause = min(settings.retry_first * 2 ** (held.attempts - 1), settings.retry_longest)
    held.due = now + timedelta(seconds=pause)
    return False


def postpone_ahead(held: Held, reason: str, now: datetime, settings: EventingSettings) -> None:
    """A record failed before its turn: try again, later each time, until its turn comes."""
    waited = (now - held.arrived_at).total_seconds()
    held.due = now + timedelta(seconds=min(max(waited, settings.retry_first), settings.retry_longest))
    held.reason, held.dirty = reason, True


def bury(held: Held, reason: str, now: datetime) -> None:
    """A dead letter: it holds its key until an operator replays or drops it."""
    held.dead_at, held.due, held.reason, held.dirty = now, None, reason, True


def _number(envelope: Envelope) -> int:
    if envelope.number is None:
        raise LookupError("records of the platform have no stream")
    return envelope.number
