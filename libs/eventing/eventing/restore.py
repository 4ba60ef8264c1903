"""What a service does after its database was restored to an earlier time, and before it serves again.

It begins a new epoch: what it told after that time counts no more, and is listed: nothing brings it back.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog

from contracts.base import Event
from contracts.catalogue import PARTITIONS, Topic, consumed_by, owned_by
from eventing import positions
from eventing.codec import Envelope, Unreadable, decode
from eventing.handlers import Handlers
from eventing.log import LogAdmin, TopicState
from eventing.replay import REACH
from eventing.runner import Runner
from eventing.settings import EventingSettings
from eventing.work import UnitOfWork, Works

log = structlog.get_logger()

Place = tuple[str, int]
Lost = defaultdict[tuple[str, str, int], set[str]]


async def _nothing(work: UnitOfWork, *_known: Any) -> None:
    """Most services have nothing to add."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a service adds. It applies the rest of the old log again where it names handlers.

    `prepare` comes before that, `finish` after it. Both know what the service itself had told and has
    forgotten, as far as there is an old log; `prepare` knows the new epoch.
    """

    handlers: Handlers = field(default_factory=dict)
    prepare: Callable[[UnitOfWork, Sequence[Event], int], Awaitable[None]] = _nothing
    finish: Callable[[UnitOfWork, Sequence[Event]], Awaitable[None]] = _nothing


class NoOldLogError(Exception):
    """The broker does not have the log that this database knows."""


@dataclass(frozen=True, slots=True)
class Restore:
    """One restore of one service: to when, what others have heard, and the old log if it survives."""

    service: str
    works: Works
    settings: EventingSettings
    to: datetime
    heard: Iterable[str] = ()
    old_log: LogAdmin | None = None
    recovery: Recovery = field(default_factory=Recovery)

    async def run(self) -> list[str]:
        """Tells what could not be healed: a line per event that others know, or that the old log holds."""
        lost: Lost = defaultdict(set)
        unsent = await self._unsent()  # first: a log that is not the one from before changes nothing
        async with self.works.begin() as work:
            epoch = await begin_epoch(work, self.to)
        await self._compare(lost)
        told = await self._read_own(unsent, lost, epoch)
        async with self.works.begin() as work:
            await self.recovery.prepare(work, told, epoch)
        await self._apply_again()
        async with self.works.begin() as work:
            await self.recovery.finish(work, told)
            await work.connection.execute("delete from topics")
            await work.connection.execute("update positions set next_offset = $1", positions.FORGOTTEN)
        log.info("restored", epoch=epoch, lost=len(lost))
        return [f"{place[0]}  {place[1]}  number {place[2]}  {_words(lost[place])}" for place in sorted(lost)]

    async def _compare(self, lost: Lost) -> None:
        """What others have heard of our streams beyond where these stand now."""
        ours = {topic.name for topic in owned_by(self.service)}
        lines = [line.split() for line in self.heard]
        heard = [(who, topic, key, int(last)) for who, topic, key, last in lines if topic in ours]
        bases = await self._bases((topic, key) for _, topic, key, _ in heard)
        for who, topic, key, last in heard:
            for number in range(bases.get((topic, key), 0) + 1, last + 1):
                lost[topic, key, number].add(f"heard by {who}")

    async def _bases(self, streams: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        wanted = sorted(set(streams))
        rows = await self.works.pool.fetch(
            """
            select topic, key, base from streams
            where (topic, key) in (select * from unnest($1::text[], $2::text[]))
            """,
            [topic for topic, _ in wanted],
            [key for _, key in wanted],
        )
        return {(row["topic"], row["key"]): row["base"] for row in rows}

    async def _read_own(self, unsent: dict[Place, int], lost: Lost, epoch: int) -> list[Event]:
        """What this service had told and has forgotten, as the old log has it."""
        if self.old_log is None:
            return []
        told = [each async for each in _readable(self.old_log.read_on(unsent))]
        bases = await self._bases(each.stream for each in told)
        forgotten = [
            each
            for each in told
            if each.number is not None and each.epoch < epoch and each.number > bases.get(each.stream, 0)
        ]
        for each in forgotten:
            lost[each.topic, each.key, each.number or 0].add(each.ce_type.split(".")[-2])
        return [event for each in forgotten if (event := _event(each))]

    async def _apply_again(self) -> None:
        if self.old_log is None or not self.recovery.handlers:
            return
        runner = Runner(
            service=self.service,
            works=self.works,
            handlers=self.recovery.handlers,
            settings=self.settings,
        )
        places = await self._unread(await self._described(consumed_by(self.service)))
        async for batch in self.old_log.read_on(places):
            async with self.works.begin() as work:
                await runner.apply(work, batch, careful=True)

    async def _described(self, topics: Iterable[Topic]) -> Mapping[str, TopicState]:
        if self.old_log is None:
            return {}
        return await self.old_log.describe([topic.name for topic in topics], ends_of=())

    async def _unread(self, states: Mapping[str, TopicState]) -> dict[Place, int]:
        """Where reading stood in the old log at the restored time."""
        topics = [topic.name for topic in consumed_by(self.service)]
        rows = await self.works.pool.fetch("select * from positions where topic = any($1)", topics)
        return {
            (row["topic"], row["partition"]): row["next_offset"]
            for row in rows
            if row["topic_id"] == _known(states, row["topic"])
        }

    async def _unsent(self) -> dict[Place, int]:
        """Where sending stood: whatever lies behind it in the old log, this database has forgotten."""
        if self.old_log is None:
            return {}
        states = await self._described(owned_by(self.service))
        rows = await self.works.pool.fetch(
            """
            select t.topic, t.topic_id, l.partition, case
                when l.acknowledged_topic_id = t.topic_id then l.acknowledged_offset + 1 else 0 end as start
            from topics t join lanes l using (topic) where t.topic = any($1)
            """,
            [topic.name for topic in owned_by(self.service)],
        )
        known = [row for row in rows if row["topic_id"] == _known(states, row["topic"])]
        if len(known) != PARTITIONS:
            raise NoOldLogError
        return {(row["topic"], row["partition"]): row["start"] for row in known}


async def begin_epoch(work: UnitOfWork, to: datetime) -> int:
    """Every event from now on bears a higher epoch, and what stands in a log that is lost is sent again.

    The epoch counts minutes: a database that is restored twice has forgotten the epoch of the first time.
    """
    epoch: int = await work.connection.fetchval(
        """
        insert into epochs (epoch, begun_at)
        select greatest(max(epoch) + 1, $1), $2 from epochs returning epoch
        """,
        int(work.now.timestamp()) // 60,
        work.now,
    )
    await work.connection.execute("update streams set base = last")
    await work.connection.execute(
        """
        update events set "offset" = null, resend = true
        where "offset" is not null and number is not null and occurred_at >= $1
        """,
        to - REACH,
    )
    return epoch


async def tell_heard(works: Works, service: str) -> list[str]:
    """A line per stream: how far this service has heard it. Owners that were restored compare it."""
    rows = await works.pool.fetch(
        """
        select s.topic, s.key, greatest(s.last, max(w.number)) as last
        from streams_in s left join waiting w using (topic, key) group by s.topic, s.key
        """
    )
    return [f"{service} {row['topic']} {row['key']} {row['last']}" for row in rows]


async def _readable(batches: AsyncIterator[Any]) -> AsyncIterator[Envelope]:
    async for batch in batches:
        for record in batch:
            try:
                yield decode(record)
            except Unreadable as error:
                log.warning("old_record_unreadable", reason=str(error))


def _event(envelope: Envelope) -> Event | None:
    try:
        return None if envelope.erased else envelope.event
    except Unreadable:
        return None


def _known(states: Mapping[str, TopicState], topic: str) -> str | None:
    state = states.get(topic)
    return state.topic_id if state else None


def _words(witnesses: set[str]) -> str:
    return ", ".join(sorted(witnesses))
