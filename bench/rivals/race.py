"""One race of a rival: its four processes wait, the orders are put into the log, and the clock runs."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from subprocess import Popen
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaProducer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from bench.rivals import bare
from bench.rivals.roles import ROLES, Race
from bench.stacks import REPOSITORY, superuser_url
from bench.waiting_orders import until
from contracts.catalogue import PARTITIONS
from contracts.ordering import OrderPlaced
from devstack.measuring import processor_seconds_of
from devstack.processes import plain_environment, start_process, stop_process
from devstack.stack import Stack

LONGEST = 300.0  # seconds


@dataclass(frozen=True, slots=True)
class Raced:
    """Processor seconds of its own processes, of the broker and of PostgreSQL."""

    orders: int
    seconds: float
    processor_seconds: float

    @property
    def rate(self) -> float:
        """Orders a second."""
        return self.orders / self.seconds

    @property
    def cost(self) -> float:
        """Processor seconds per 1000 orders."""
        return 1000 * self.processor_seconds / self.orders


@dataclass(frozen=True, slots=True)
class Rival:
    """Its processes, and where they play; to be there takes each of them some seconds."""

    stack: Stack
    race: Race
    processes: Sequence["Popen[bytes]"]

    async def run(self, orders: Sequence[OrderPlaced]) -> Raced:
        """Once. The first order only wakes all of them."""
        await self._arrive(orders[:1], 1)
        pids = [*(process.pid for process in self.processes), *_shared(self.stack)]
        before, begun = processor_seconds_of(pids), time.perf_counter()
        await self._arrive(orders[1:], len(orders))
        return Raced(len(orders) - 1, time.perf_counter() - begun, processor_seconds_of(pids) - before)

    async def _arrive(self, orders: Sequence[OrderPlaced], number: int) -> None:
        await _put_into_the_log(self.race, orders)
        await until(lambda: _all_arrived(self.race, number), within=LONGEST)


@asynccontextmanager
async def rival_of(stack: Stack, name: str) -> AsyncIterator[Rival]:
    """`name` is a module of this package. Topics and tables are new each time."""
    bootstrap = f"127.0.0.1:{stack.ports.broker}"
    race = Race(f"{name}_{uuid4().hex[:8]}", bootstrap, superuser_url(stack))
    await _prepare(race)
    with _running(stack, race, name) as processes:
        yield Rival(stack, race, processes)


def _shared(stack: Stack) -> list[int]:
    assert stack.postgres is not None
    return [stack.running["broker"].pid, stack.postgres.process.pid]


async def _prepare(race: Race) -> None:
    admin = AdminClient({"bootstrap.servers": race.bootstrap, "log_level": 0})
    topics = admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in (race.orders, race.ready)])
    await asyncio.gather(*(asyncio.wrap_future(made) for made in topics.values()))
    connection = await asyncpg.connect(race.database_url)
    try:
        for role in ROLES:
            await connection.execute(f"create table {race.table(role)} (order_id uuid primary key)")
    finally:
        await connection.close()


@contextmanager
def _running(stack: Stack, race: Race, rival: str) -> Iterator[list["Popen[bytes]"]]:
    processes = [
        start_process(
            [sys.executable, *race.command(f"bench.rivals.{rival}", role)],
            log=stack.places.logs / f"{race.name}-{role}.log",
            environment=plain_environment() | {"PYTHONPATH": str(REPOSITORY)},
        )
        for role in ROLES
    ]
    try:
        yield processes
    finally:
        for process in processes:
            stop_process(process)


async def _put_into_the_log(race: Race, orders: Sequence[OrderPlaced]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=race.bootstrap, acks="all") as producer:
        await bare.send(producer, race.orders, orders)


async def _all_arrived(race: Race, number: int) -> bool:
    connection = await asyncpg.connect(race.database_url)
    try:
        counted = [await connection.fetchval(f"select count(*) from {race.table(role)}") for role in ROLES]
    finally:
        await connection.close()
    return bool(min(counted) >= number)
