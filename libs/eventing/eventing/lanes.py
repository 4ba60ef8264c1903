"""What the relay reads and writes: it claims lanes, reads their unsent events, and marks what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import asyncpg

from eventing.database import Connection

LONGEST_PAUSE = timedelta(seconds=1)


class LogCutError(Exception):
    """A place was acknowledged that had been acknowledged before: the log has lost its end meanwhile."""


@dataclass(slots=True)
class LaneRun:
    """One lane in one round: how far its log had got before, what is to be sent, and how far it got."""

    lane: str
    before: tuple[str | None, int] = (None, -1)
    rows: list[asyncpg.Record] = field(default_factory=list)
    topic_id: str | None = None
    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    cut_at: int | None = None
    error: BaseException | None = None

    @property
    def topic(self) -> str:
        return self.lane.rpartition("/")[0]

    @property
    def partition(self) -> int:
        return int(self.lane.rpartition("/")[2])

    def acknowledge(self, rows: Sequence[asyncpg.Record], first: int) -> None:
        """`LogCutError` when the places of these rows had been given to others."""
        if self.topic_id == self.before[0] and first <= self.before[1]:
            self.cut_at = first
            raise LogCutError
        self.acknowledged += [(row["id"], first + place) for place, row in enumerate(rows)]


async def claim(connection: Connection, *, failing: bool, limit: int, now: datetime) -> list[LaneRun]:
    """Lock lanes that have something to send, least recently served first, passing over what others hold."""
    rows = await connection.fetch(
        """
        select l.lane, l.acknowledged_topic_id, l.acknowledged_offset from lanes l,
            lateral (
                select 1 from events e where e.lane = l.lane and e."offset" is null
                order by e.resend, e.id limit 1
            ) unsent
        where (l.failures > 0) = $1 and l.retry_at <= $2
        order by l.served_at, l.lane limit $3
        for update of l skip locked
        """,
        failing,
        now,
        limit,
    )
    return [LaneRun(lane, (topic_id, offset)) for lane, topic_id, offset in rows]


async def read_unsent(connection: Connection, lanes: Sequence[LaneRun], limit: int) -> list[LaneRun]:
    """What each lane has to send: live events by id, then what was asked for again."""
    runs = {run.lane: run for run in lanes}
    rows = await connection.fetch(
        """
        select e.* from unnest($1::text[]) as l (lane),
            lateral (
                select id, lane, key, headers, body from events
                where lane = l.lane and "offset" is null order by resend, id limit $2
            ) e
        """,
        list(runs),
        limit,
    )
    for row in rows:
        runs[row["lane"]].rows.append(row)
    return list(runs.values())


async def take_back(connection: Connection, run: LaneRun) -> None:
    """What stood at the lost end is sent again.

    Nothing counts until the log is as long again as it was: readers who stood at its old end go on from
    there, and would never see what came to stand before it.
    """
    await connection.execute(
        """
        update events set "offset" = null, resend = true where lane = $1 and topic_id = $2 and "offset" >= $3
        """,
        run.lane,
        run.topic_id,
        run.cut_at,
    )


async def forget_replaced(connection: Connection, runs: Sequence[LaneRun]) -> None:
    """What was acknowledged by a log that was replaced meanwhile counts for nothing: it is sent again.

    Whoever has seen the new log has asked already for what stood in the old one. Until the commit nobody
    sees it: else it could be answered just before what was acknowledged is written down.
    """
    rows = await connection.fetch(
        "select topic, topic_id from topics where topic = any($1) order by topic for share",
        [run.topic for run in runs],
    )
    known = {row["topic"]: row["topic_id"] for row in rows}
    for run in runs:
        if known.get(run.topic, run.topic_id) != run.topic_id:
            run.acknowledged.clear()


async def mark_sent(connection: Connection, runs: Sequence[LaneRun]) -> None:
    sent = [(*row, run.topic_id) for run in runs for row in run.acknowledged]
    await connection.execute(
        """
        update events e set "offset" = s."offset", topic_id = s.topic_id, resend = false
        from unnest($1::bigint[], $2::bigint[], $3::text[]) as s (id, "offset", topic_id)
        where e.id = s.id
        """,
        [row_id for row_id, _, _ in sent],
        [offset for _, offset, _ in sent],
        [topic_id for _, _, topic_id in sent],
    )


async def mark_served(connection: Connection, runs: Sequence[LaneRun], now: datetime) -> None:
    """A lane that worked is healthy; one that failed pauses, longer each time."""
    await connection.execute(
        """
        update lanes l set
            served_at = $4::timestamptz,
            failures = case when s.failed then l.failures + 1 else 0 end,
            retry_at = case when s.failed
                then $4::timestamptz
                    + least(interval '0.25 s' * power(2, least(l.failures, 10)), $5::interval)
                else $4::timestamptz end,
            acknowledged_topic_id = coalesce(s.topic_id, l.acknowledged_topic_id),
            acknowledged_offset = coalesce(s."offset", l.acknowledged_offset)
        from unnest($1::text[], $2::boolean[], $3::bigint[], $6::text[])
            as s (lane, failed, "offset", topic_id)
        where l.lane = s.lane
        """,
        [run.lane for run in runs],
        [run.error is not None for run in runs],
        [run.acknowledged[-1][1] if run.acknowledged else None for run in runs],
        now,
        LONGEST_PAUSE,
        [run.topic_id if run.acknowledged else None for run in runs],
    )
