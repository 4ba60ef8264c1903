"""How far this service has read, per partition of one log: kept in its database, moved with the batch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from contracts.catalogue import PARTITIONS, REPLAYS
from eventing.codec import LogRecord, occurred_at
from eventing.database import Connection
from eventing.log import TopicState
from eventing.replay import Question
from eventing.work import UnitOfWork

Place = tuple[str, int]

# A stream may have been written for a while before its last event arrived here.
MARGIN = timedelta(hours=1)


# The place in a log that a restored database has forgotten.
FORGOTTEN = -1


class PositionLostError(Exception):
    """Somebody else has moved the position, or the log was replaced: the batch counts for nothing."""


class OldLogError(Exception):
    """The database was restored, and the log is the one from before: it tells what was undone."""

    def __init__(self, topic: str) -> None:
        super().__init__(f"{topic} is still the log from before the restore: delete it")


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset to read, in one log. Another topic id is another log."""

    topic_id: str
    next_offset: int
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Start:
    """Where to begin reading a partition, and what to ask for when something was lost before it."""

    position: Position
    question: Question | None = None


def decide_start(place: Place, known: Position | None, state: TopicState, begin: int) -> Start:
    """Go on where we were; from the beginning when the log is new, was replaced or cut."""
    end = state.ends[place[1]]
    if known is None:
        return Start(Position(state.topic_id, begin), _question(place, "new_service", None))
    if known == replace(known, topic_id=state.topic_id, next_offset=FORGOTTEN):
        raise OldLogError(place[0])
    if known.topic_id == state.topic_id and begin <= known.next_offset <= end:
        return Start(known)
    passed = known.topic_id == state.topic_id and begin > known.next_offset
    since = known.applied_at - MARGIN if known.applied_at else None
    question = _question(place, "retention_passed" if passed else "log_lost", since)
    return Start(Position(state.topic_id, begin, known.applied_at), question)


def _question(place: Place, reason: str, since: datetime | None) -> Question | None:
    """Only streams can be asked for: what the platform's own topic has lost, its writers send again."""
    topic, partition = place
    return None if topic == REPLAYS.name else Question(topic, reason, partition=partition, since=since)


async def read_positions(connection: Connection) -> dict[Place, Position]:
    """All of this service, whichever replica reads them."""
    rows = await connection.fetch("select * from positions")
    return {
        (row["topic"], row["partition"]): Position(row["topic_id"], row["next_offset"], row["applied_at"])
        for row in rows
    }


def behind(known: Mapping[Place, Position], topics: Iterable[str], states: Mapping[str, TopicState]) -> bool:
    """Whether anything of these topics was in the log at the last look and is not applied yet."""
    return not all(
        (state := states.get(topic))
        and all(_at_the_end(known.get((topic, each)), state, each) for each in range(PARTITIONS))
        for topic in topics
    )


def _at_the_end(position: Position | None, state: TopicState, partition: int) -> bool:
    """Nobody knows what lies in a partition whose leader does not answer."""
    end = state.ends.get(partition)
    if position is None or end is None:
        return False
    return position.topic_id == state.topic_id and position.next_offset >= end


async def begin_at(connection: Connection, place: Place, known: Position | None, position: Position) -> bool:
    """Set a new start, unless another process has moved the position since it was read."""
    topic, partition = place
    if known is None:
        made = await connection.fetchval(
            """
            insert into positions (topic, partition, topic_id, next_offset) values ($1, $2, $3, $4)
            on conflict do nothing returning true
            """,
            topic,
            partition,
            position.topic_id,
            position.next_offset,
        )
        return bool(made)
    moved = await connection.fetchval(
        """
        update positions set topic_id = $5, next_offset = $6
        where topic = $1 and partition = $2 and topic_id = $3 and next_offset = $4 returning true
        """,
        topic,
        partition,
        known.topic_id,
        known.next_offset,
        position.topic_id,
        position.next_offset,
    )
    return bool(moved)


async def move(
    work: UnitOfWork,
    records: Iterable[LogRecord],
    topic_ids: Mapping[Place, str],
    read_from: Mapping[Place, int],
) -> None:
    """Move the positions over a batch; `PositionLostError` unless each stood where it was read from.

    A record that is sent again is older than what was applied: the time of the newest stays.
    """
    last = sorted({(record.topic, record.partition): record for record in records}.items())
    moved = await work.connection.execute(
        """
        update positions p set next_offset = m.next_offset, applied_at = greatest(p.applied_at, m.occurred_at)
        from unnest($1::text[], $2::smallint[], $3::text[], $4::bigint[], $5::bigint[], $6::timestamptz[])
            as m (topic, partition, topic_id, read_from, next_offset, occurred_at)
        where p.topic = m.topic and p.partition = m.partition
            and p.topic_id = m.topic_id and p.next_offset = m.read_from
        """,
        [topic for (topic, _), _ in last],
        [partition for (_, partition), _ in last],
        [topic_ids.get(place) for place, _ in last],
        [read_from.get(place) for place, _ in last],
        [record.offset + 1 for _, record in last],
        [_not_after(work.now, occurred_at(record)) for _, record in last],
    )
    if int(moved.split()[-1]) < len(last):
        raise PositionLostError


def _not_after(now: datetime, moment: datetime | None) -> datetime | None:
    """A wrong time in the future would hide what is lost before it comes."""
    return min(now, moment) if moment else None
