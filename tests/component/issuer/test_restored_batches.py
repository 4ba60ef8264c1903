"""A card with several instances after a restore: as it was where it is known, else with its first alone."""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import asyncpg
import pytest

from contracts.issuer import CardIssued
from devstack.postgres import Postgres
from eventing import Outbox, Works
from servicekit.database import connect_pool
from tests.component.issuer.batches import BatchWallet, place_of
from tests.component.issuer.cards import open_cards
from tests.component.issuer.scene import Scene
from tests.component.issuer.test_restore import restored, shown
from tests.conftest import MakeDatabase
from tests.databases import Database

DISCONNECT = "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{}'"
Copy = Callable[[], Awaitable[Scene]]


@pytest.fixture
async def issuer_database(database: MakeDatabase) -> Database:
    """Whole lists are read here, without orders of other tests."""
    return await database("issuer")


@pytest.fixture
async def copy(postgres: Postgres, issuer_database: Database, scene: Scene) -> AsyncIterator[Copy]:
    """The issuer on a copy of its database as it is now."""
    name = urlsplit(issuer_database.url).path.removeprefix("/")
    admin = await asyncpg.connect(postgres.url())
    pools: list[asyncpg.Pool] = []

    async def make() -> Scene:
        await admin.execute(f'alter database "{name}" allow_connections false')
        await admin.execute(DISCONNECT.format(name))
        await admin.execute(f'create database "{name}_copy" template "{name}" owner issuer')
        await admin.execute(f'alter database "{name}" allow_connections true')
        pools.append(await connect_pool(issuer_database.url.replace(name, f"{name}_copy"), "issuer"))
        return Scene(Works(pools[0], Outbox("issuer"), scene.clock), scene.handlers, scene.keys, scene.clock)

    yield make
    for pool in pools:
        pool.terminate()
        await admin.execute(f'drop database "{name}_copy" with (force)')
    await admin.close()


async def test_all_instances_of_a_card_that_stands_are_valid_and_end_together(
    scene: Scene, batch: BatchWallet
) -> None:
    order = await scene.place()
    places = [index for _, index in map(place_of, open_cards(await batch.get(order)))]

    await restored(scene)

    statuses = await shown(scene, 1)
    assert [index for index, status in enumerate(statuses) if status == 0] == sorted(places)
    assert set(statuses) == {0, 1}
    assert len(open_cards(await batch.get(order))) == 3
    await scene.hear(scene.change(order, "revoke"))
    assert set(await shown(scene, 1)) == {1}


async def test_a_card_that_was_forgotten_comes_back_with_its_first_instance_alone(
    scene: Scene, batch: BatchWallet, copy: Copy
) -> None:
    order = await scene.place()
    older = await copy()
    first, *others = [index for _, index in map(place_of, open_cards(await batch.get(order)))]
    [told] = await scene.told(order, CardIssued)

    await restored(older, told)

    statuses = await shown(older, 1)
    assert [index for index, status in enumerate(statuses) if status == 0] == [first]
    assert {statuses[index] for index in others} == {1}
    assert await older.state(order) == "active"
