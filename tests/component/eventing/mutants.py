"""Rules of the streams broken on purpose."""

import asyncio
from dataclasses import replace
from typing import Any

from contracts.catalogue import partition_of
from eventing import (
    codec,
    consumer,
    lanes,
    outbox,
    platform_events,
    positions,
    process,
    relay,
    replay,
    restore,
    runner,
    streams_in,
    streams_in_rows,
)
from eventing.positions import decide_start
from tests.mutants import Mutant


async def _number_before_the_lock(connection: Any, rows: Any) -> None:
    for row in rows:
        last = await connection.fetchval(
            "select last from streams where topic = $1 and key = $2", row.topic, row.key
        )
        row.number = (last or 0) + 1
        row.headers |= {"ce_sequence": str(row.number), "ce_epoch": "1", "ce_base": "0"}
        await connection.execute(
            """
            insert into streams (topic, key, partition, last, last_at) values ($1, $2, $3, $4, $5)
            on conflict (topic, key) do update set last = excluded.last
            """,
            row.topic,
            row.key,
            partition_of(row.key),
            row.number,
            row.occurred_at,
        )


async def _all_batches_at_once(self: relay.Relay, writer: Any, run: lanes.LaneRun) -> None:
    run.topic_id = self._watch.topic_id(run.topic)
    batches = list(relay._batches(run.rows))
    sends = [writer.send(run.topic, run.partition, [relay._record(row) for row in rows]) for rows in batches]
    for rows, first in zip(batches, await asyncio.gather(*sends, return_exceptions=True), strict=True):
        if isinstance(first, BaseException):
            run.error = first
        else:
            run.acknowledged += [(row["id"], first + place) for place, row in enumerate(rows)]


def _take_larger_at_once(self: streams_in.Stream, envelope: Any, now: Any) -> str:
    if envelope.number <= self.last:
        return "duplicate"
    self.last = envelope.number - 1
    self.held[envelope.number] = streams_in.Held(envelope, now)
    return "taken"


async def _trust_the_reader(self: consumer.Consumer) -> None:
    for place in self._to_begin:
        self._reading[place] = self._watch.states[place[0]].topic_id
        self.next_offsets[place] = 0
    self._to_begin = set()


async def _move_without_looking(work: Any, records: Any, topic_ids: Any, _read_from: Any) -> None:
    rows = await work.connection.fetch("select topic, partition, topic_id, next_offset from positions")
    stand = {(row["topic"], row["partition"]): row for row in rows}
    ids = {place: row["topic_id"] for place, row in stand.items()}
    await MOVE(work, records, ids, {place: row["next_offset"] for place, row in stand.items()})


MOVE = positions.move


async def _look_before_the_lock(connection: Any, wanted: Any, _records: Any = ()) -> Any:
    streams = {(topic, key): streams_in.Stream(topic, key, number) for (topic, key), number in sorted(wanted)}
    every = list(streams.values())
    await streams_in_rows._read_waiting(connection, every, streams)
    await streams_in_rows._insert_missing(connection, every, {})
    await streams_in_rows._lock_known(connection, every, streams)
    return streams


async def _leave_first_records_applied(connection: Any, streams: Any) -> None:
    for stream in streams:
        stream.last = max(stream.last, stream.written[0])
    await SAVE_STREAMS(connection, streams)


SAVE_STREAMS = streams_in_rows.save_streams


async def _copy_for_resending(connection: Any, request: Any) -> int:
    status = await connection.execute(
        """
        insert into events (lane, key, number, occurred_at, headers, body, resend)
        select lane, key, number, occurred_at, headers, body, true from events where key = $1
        """,
        request.key,
    )
    return int(status.split()[-1])


async def _keep_the_batch_together(self: runner.Runner, run: Any, group: Any) -> None:
    await self._handle(run, group)
    for stream, _ in group:
        stream.advance()


def _let_everything_pass(held: streams_in.Held) -> bool:
    return True


def _count_any_place(self: lanes.LaneRun, rows: Any, first: int) -> None:
    self.acknowledged += [(row["id"], first + place) for place, row in enumerate(rows)]


async def _trust_any_log(_connection: Any, _runs: Any) -> None:
    """Whatever was acknowledged is marked as sent."""


async def _serve_all_in_one(self: relay.Relay) -> relay.Served:
    async with self._pool.acquire() as connection, connection.transaction():
        rows = await connection.fetch("select lane from lanes order by lane for update")
        runs = await lanes.read_unsent(connection, [lanes.LaneRun(row["lane"]) for row in rows], 500)
        runs = [run for run in runs if run.rows]
        if not runs:
            return relay.Served()
        await self._send(runs)
        if any(run.error for run in runs):
            return relay.Served()
        await self._record(connection, runs)
        return relay.Served(len(runs), sum(len(run.acknowledged) for run in runs))


async def _ask_always(work: Any, question: Any, *, by: str, settings: Any) -> bool:
    replay.publish_question(work, question, by=by)
    return True


async def _release_nothing(self: runner.Runner) -> None:
    """What an older replica has left stays until the next start."""


def _stay_in_the_epoch(self: streams_in.Stream, envelope: Any) -> None:
    """A restore of the producer is not noticed."""


def _take_orphans(self: streams_in.Stream, envelope: Any, now: Any) -> str:
    self._enter_epoch(envelope)
    if envelope.number <= self.last or envelope.number in self.held:
        return "duplicate"
    self.held[envelope.number] = streams_in.Held(envelope, now)
    return "taken"


def _enter_and_keep(self: streams_in.Stream, envelope: Any) -> None:
    if envelope.epoch > self.epoch:
        self.last = min(self.last, envelope.base)
        self.epoch, self.base = envelope.epoch, envelope.base


async def _count_epochs(work: Any, _to: Any) -> int:
    epoch = await work.connection.fetchval(
        "insert into epochs (epoch) select max(epoch) + 1 from epochs returning epoch"
    )
    return int(epoch)


async def _mark_nothing(work: Any, _to: Any) -> int:
    epoch = await _count_epochs(work, _to)
    await work.connection.execute("update streams set base = last")
    return epoch


def _start_in_any_log(place: Any, known: Any, state: Any, begin: int) -> positions.Start:
    return decide_start(place, replace(known, next_offset=max(known.next_offset, begin)), state, begin)


async def _look_at_own_partitions(self: process.Eventing) -> bool:
    return not (self.watch.fresh() and self.consumer.ready() and self.consumer.lag() == 0)


MUTANTS: dict[str, Mutant] = {
    "number_taken_before_the_lock": [(outbox, "_number", _number_before_the_lock)],
    "two_batches_of_a_lane_in_one_go": [(relay.Relay, "_send_lane", _all_batches_at_once)],
    "a_larger_number_applied": [(streams_in.Stream, "take", _take_larger_at_once)],
    "position_taken_from_kafka": [
        (consumer.Consumer, "_begin", _trust_the_reader),
        (positions, "move", _move_without_looking),
    ],
    "waiting_read_before_the_lock": [(runner, "lock_streams", _look_before_the_lock)],
    "a_failed_first_record_counts": [(runner, "save_streams", _leave_first_records_applied)],
    "replay_that_copies": [(platform_events, "mark_key", _copy_for_resending)],
    "no_isolation": [(runner.Runner, "_apply", _keep_the_batch_together)],
    "everything_passes_a_held_key": [(runner, "_may_pass", _let_everything_pass)],
    "all_lanes_in_one": [(relay.Relay, "serve_healthy", _serve_all_in_one)],
    "a_cut_log_goes_on": [(lanes.LaneRun, "acknowledge", _count_any_place)],
    "what_a_dead_log_acknowledged_counts": [(relay, "forget_replaced", _trust_any_log)],
    "asking_without_back_off": [(replay, "ask", _ask_always)],
    "released_at_a_start_only": [(runner.Runner, "release_known", _release_nothing)],
    "no_epoch_is_entered": [(streams_in.Stream, "_enter_epoch", _stay_in_the_epoch)],
    "orphans_are_taken": [(streams_in.Stream, "take", _take_orphans)],
    "what_waits_outlives_its_epoch": [(streams_in.Stream, "_enter_epoch", _enter_and_keep)],
    "numbers_compared_across_epochs": [(codec.Envelope, "rank", property(lambda self: self.number))],
    "orphans_are_tried_again": [(runner, "Orphan", LookupError)],
    "epochs_are_counted": [(restore, "begin_epoch", _count_epochs)],
    "nothing_is_marked": [(restore, "begin_epoch", _mark_nothing)],
    "the_old_log_is_read": [(positions, "decide_start", _start_in_any_log)],
    "own_partitions_only": [(process.Eventing, "behind", _look_at_own_partitions)],
}
