"""Thousands of seeded interleavings on the simulated log end in the in-order projection, each time.

One play has many orders side by side: each lives its own interleaving of loss, duplicates, reordering,
failing handlers, replays, crashes between broker and database, rebalances and emptied logs.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from contracts.catalogue import ORDERS, PARTITIONS
from eventing.log import LogUnavailableError
from eventing.relay import Relay
from eventing.replay import ask_for_gaps
from tests.component.eventing.orders import expired, requested
from tests.component.eventing.world import SETTINGS, World
from tests.mutants import holds_against
from tests.waiting import eventually

ORDERS_PER_PLAY = 250
EVENTS_PER_ORDER = 5
STEPS = 45
SEEDS = range(8)

PATIENT = SETTINGS.model_copy(update={"attempts": 1_000, "failures_in_a_row": 1_000_000, "retry_longest": 2})


class Play:
    """Takes random steps, and at the end lets everything heal."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.orders = [UUID(int=self.random.getrandbits(128), version=4) for _ in range(ORDERS_PER_PLAY)]
        self.said: dict[UUID, int] = dict.fromkeys(self.orders, 0)
        for each in (world.ordering, world.issuer):
            each.runner._settings = PATIENT
            each.relay._settings = PATIENT.model_copy(update={"relay_batch": 20})
        self.replica = Relay(
            pool=world.ordering_pool,
            connect=world.connect,
            watch=world.ordering.watch,
            settings=PATIENT.model_copy(update={"relay_batch": 20, "relay_round": 60}),
            clock=world.clock,
        )

    async def run(self) -> None:
        steps: list[tuple[Callable[[], Awaitable[object]], int]] = [
            (self.say, 8),
            (self.send, 6),
            (self.hear, 6),
            (self.lose_answers, 3),
            (self.duplicate, 2),
            (self.lose_records, 2),
            (self.fail_handlers, 2),
            (self.rebalance, 1),
            (self.crash_after_fetch, 1),
            (self.empty_the_log, 1),
            (self.hold_a_round_open, 1),
            (self.pass_time, 3),
        ]
        actions, weights = zip(*steps, strict=True)
        for _ in range(STEPS):
            await self.random.choices(actions, weights)[0]()
        await self.heal()

    async def say(self) -> None:
        chosen = [order for order in self.orders if self.said[order] < EVENTS_PER_ORDER]
        for order in self.random.sample(chosen, min(len(chosen), 60)):
            make = self.random.choice([requested, expired])
            await self.world.say(lambda work, order=order, make=make: make(work, order))  # type: ignore[misc]
            self.said[order] += 1

    async def send(self) -> None:
        await self.world.ordering.relay.serve_healthy()
        await self.world.ordering.relay.serve_failing()

    async def hear(self) -> None:
        await self.world.hear()

    async def lose_answers(self) -> None:
        answers = ["acknowledge", "lose", "refuse"]
        self.world.writer.script = lambda *_: self.random.choice(answers)
        await self.send()
        self.world.writer.script = lambda *_: "acknowledge"

    async def duplicate(self) -> None:
        """An old record arrives again, after later ones."""
        for records in self.world.log.topics[ORDERS.name].records.values():
            if records and self.random.random() < 0.5:
                copy = self.random.choice(records)
                end = records[-1].offset + 1
                records.append(type(copy)(copy.topic, copy.partition, end, copy.key, copy.headers, copy.body))

    async def lose_records(self) -> None:
        """Records that were acknowledged are spoiled in the log: their places stay, what they say is gone."""
        for records in self.world.log.topics[ORDERS.name].records.values():
            if records and self.random.random() < 0.3:
                place = self.random.randrange(len(records))
                lost = records[place]
                records[place] = type(lost)(lost.topic, lost.partition, lost.offset, None, [], None)

    async def fail_handlers(self) -> None:
        self.world.projection.fails = lambda _received: self.random.random() < 0.1
        await self.world.hear()
        self.world.projection.fails = lambda _received: False

    async def rebalance(self) -> None:
        await self.world.reader.assign(list(self.world.reader.positions))

    async def crash_after_fetch(self) -> None:
        """What was fetched is lost with the process; Kafka's own position has moved on."""
        await self.world.reader.poll(max_records=50, awake=True)

    async def empty_the_log(self) -> None:
        self.world.log.empty()
        for each in (self.world.ordering, self.world.issuer):
            await each.watch.look()

    async def hold_a_round_open(self) -> None:
        """While a round of one relay hangs, the log is emptied, and another relay sends and answers."""
        hung = ORDERS.name, self.random.randrange(PARTITIONS)
        self.world.writer.script = lambda *place: "hang" if place[:2] == hung else "acknowledge"
        held = asyncio.create_task(self.replica.serve_healthy())
        await eventually(lambda: held.done() or self.world.writer.under_way == {hung})
        self.world.writer.script = lambda *_: "acknowledge"
        await self.empty_the_log()
        await self.hear()
        await self.world.heal()
        self.world.writer.release.set()
        await held
        self.world.writer.release.clear()

    async def pass_time(self) -> None:
        self.world.clock.advance(seconds=self.random.choice([1, 5, 40]))
        await self.world.issuer.runner.retry_due()
        await self.ask()

    async def ask(self) -> None:
        async with self.world.issuer.works.begin() as work:
            await ask_for_gaps(work, by="issuer", settings=PATIENT)

    async def heal(self) -> None:
        """Nothing fails any more; the last numbers are asked for as the sweeper of ordering would."""
        for _ in range(12):
            self.world.clock.advance(minutes=11)
            await self.world.issuer.runner.retry_due()
            await self.ask()
            await self.drain()
        await self.sweep()

    async def drain(self) -> None:
        for _ in range(6):
            await self.world.ordering.relay.serve_failing()
            await self.world.heal()

    async def sweep(self) -> None:
        pool = self.world.ordering.works.pool
        await pool.execute("""update events set "offset" = null, resend = true where number is not null""")
        while (await self.world.ordering.relay.serve_healthy()).events:
            pass
        for _ in range(60):
            await self.world.hear()


async def ends_in_order(world: World, seed: int) -> None:
    play = Play(world, seed)

    try:
        await play.run()
    except LogUnavailableError:
        pytest.fail("the simulated broker never goes away in a play")

    numbers = {order: world.projection.numbers(order) for order in play.orders}
    assert numbers == {order: list(range(1, said + 1)) for order, said in play.said.items()}
    assert await world.issuer_pool.fetchval("select count(*) from waiting") == 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_interleaving_ends_in_the_projection_in_order(world: World, seed: int) -> None:
    await ends_in_order(world, seed)


@holds_against("a_larger_number_applied")
async def test_a_play_would_notice_what_is_applied_before_its_turn(world: World) -> None:
    await ends_in_order(world, len(SEEDS))
