"""The broker loses its volume, or gets an older copy of it back, while students order: it heals by itself."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable

import pytest

from devstack.apache_kafka import log_of
from devstack.stack import Stack
from tests.kafka.conftest import Tell
from tests.kafka.crowd import Crowd, crowd_of, everybody_has_exactly_one_card
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(600)

ORDERS = 1_500
PER_SECOND = 60
PATIENCE = 120  # seconds; what is missing is asked for after 30

Accident = Callable[[Crowd], Awaitable[None]]


async def test_an_emptied_kafka_heals_under_load(stack: Stack, tell: Tell) -> None:
    async def empty(crowd: Crowd) -> None:
        await reached(crowd, ORDERS // 3)
        crowd.stack.kill("broker")
        shutil.rmtree(log_of(crowd.stack.places.broker))
        await asyncio.to_thread(crowd.stack.start, "broker")

    await nothing_is_lost_by(empty, stack, tell)


async def test_a_kafka_restored_from_an_older_copy_heals_under_load(stack: Stack, tell: Tell) -> None:
    async def restore(crowd: Crowd) -> None:
        volume = log_of(crowd.stack.places.broker)
        copy = volume.with_name("copy")
        await reached(crowd, ORDERS // 4)
        with crowd.stack.paused("broker"):
            await asyncio.to_thread(shutil.copytree, volume, copy)
        await reached(crowd, ORDERS // 2)
        crowd.stack.kill("broker")
        shutil.rmtree(volume)
        copy.rename(volume)
        await asyncio.to_thread(crowd.stack.start, "broker")

    await nothing_is_lost_by(restore, stack, tell)


async def nothing_is_lost_by(accident: Accident, stack: Stack, tell: Tell) -> None:
    async with crowd_of(stack, ORDERS) as crowd:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(crowd.order(per_second=PER_SECOND))
            await accident(crowd)
            assert crowd.placed < ORDERS, "nobody was ordering any more"

        await crowd.all_are_ready(PATIENCE)
        tell(f"{ORDERS} orders, {PER_SECOND} a second: the longest wait was {crowd.longest_wait:.1f} s")
        await everybody_has_exactly_one_card(stack, ORDERS, within=PATIENCE)


async def reached(crowd: Crowd, placed: int) -> None:
    await eventually(lambda: crowd.placed >= placed, PATIENCE)
