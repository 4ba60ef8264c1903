"""Replays and gaps: events are marked and sent again as they are, and nothing is asked for in a storm."""

from dataclasses import replace
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from contracts.catalogue import ORDERS, REPLAYS, partition_of
from contracts.platform import ReplayRequested
from eventing import Question, UnitOfWork
from eventing.replay import answer_slice, ask_for_gaps, mark_key
from tests.component.eventing.orders import expired, requested
from tests.component.eventing.steps import (
    PLACE,
    applied,
    orders_in_one_partition,
    orders_in_partitions,
    place,
)
from tests.component.eventing.world import SETTINGS, World
from tests.mutants import holds_against


@holds_against("replay_that_copies")
async def test_a_replay_marks_what_is_there_and_copies_nothing(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)
    pool = world.ordering.works.pool
    before = await pool.fetchval("select count(*) from events where key = $1", str(order_id))

    await world.issuer.ask_for_replay(Question(ORDERS.name, "test", key=str(order_id)), by="issuer")
    await world.heal()

    assert await pool.fetchval("select count(*) from events where key = $1", str(order_id)) == before
    assert len([record for record in world.log.all(ORDERS.name) if record.key == str(order_id).encode()]) == 2


async def test_a_partition_is_marked_slice_by_slice_within_its_window(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("eventing.replay.SLICE", 2)
    early, late = orders_in_one_partition(5), orders_in_one_partition(5)
    await place(world, *early)
    world.clock.advance(hours=1)
    begun = world.clock()
    await place(world, *late, *orders_in_partitions(4, 5))

    question = Question(ORDERS.name, "test", partition=PLACE[1], since=begun)
    await world.issuer.ask_for_replay(question, by="issuer")
    await world.issuer.relay.serve_healthy()
    await world.ordering.consumer.step()
    slices = 0
    while await answer_slice(world.ordering.works):
        slices += 1

    marked = await world.ordering_pool.fetch("select key from events where resend")
    assert {row["key"] for row in marked} == {str(order) for order in late}
    assert slices > 3
    assert await world.ordering_pool.fetchval("select count(*) from answers") == 0


async def test_a_marked_event_is_not_marked_again(world: World) -> None:
    order_id = uuid4()
    await place(world, order_id)

    async with world.ordering.works.begin() as work:
        first = await mark_key(work.connection, question_for(work, order_id))
        second = await mark_key(work.connection, question_for(work, order_id))

    assert (first, second) == (1, 0)


def question_for(work: UnitOfWork, order_id: UUID) -> ReplayRequested:
    return ReplayRequested(
        event_id=work.new_id(),
        occurred_at=work.now,
        topic=ORDERS.name,
        key=str(order_id),
        partition=None,
        since=None,
        until=None,
        reason="test",
        by="test",
    )


async def test_a_gap_is_asked_for_after_its_patience_and_healed(world: World) -> None:
    order_id = uuid4()
    await world.say(lambda work: requested(work, order_id), lambda work: expired(work, order_id))
    await world.send()
    partition = partition_of(str(order_id))
    records = world.log.topics[ORDERS.name].records[partition]
    records[:] = [replace(records[1], offset=0)]
    await world.hear()

    await ask_about_gaps(world)
    too_early = len(questions_in(world))
    world.clock.advance(seconds=31)
    await ask_about_gaps(world)
    await world.heal()

    assert too_early == 0
    assert applied(world) == {order_id: [1, 2]}


async def ask_about_gaps(world: World) -> None:
    async with world.issuer.works.begin() as work:
        await ask_for_gaps(work, by="issuer", settings=SETTINGS)
    while (await world.issuer.relay.serve_healthy()).events:
        pass


def questions_in(world: World) -> list[bytes | None]:
    return [record.body for record in world.log.all(REPLAYS.name) if b'"gap"' in (record.body or b"")]


@holds_against("asking_without_back_off")
async def test_a_question_is_repeated_later_each_time(world: World) -> None:
    question = Question(ORDERS.name, "test", key=str(uuid4()))
    asked_at = []
    for second in range(0, 2_000, 5):
        async with world.issuer.works.begin() as work:
            from eventing import replay  # noqa: PLC0415 - the mutant replaces it there

            if await replay.ask(work, question, by="issuer", settings=SETTINGS):
                asked_at.append(second)
        world.clock.advance(seconds=5)

    pauses = [later - earlier for earlier, later in pairwise(asked_at)]
    assert pauses == [30, 60, 120, 240, 480, 600][: len(pauses)]
    assert len(pauses) >= 5
