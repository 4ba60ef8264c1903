from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from servicekit.database import Connection, connect_pool
from servicekit.live import ChangeFeed
from tests.conftest import MakeDatabase
from tests.databases import Database
from tests.waiting import eventually

SLOW = 3600.0  # a poll that never comes within a test


class Replica:
    """A feed on the table `things`, and how often it asked."""

    def __init__(self, database: Database, poll: float) -> None:
        self.asked: list[set[str]] = []
        self.feed = ChangeFeed(database.pool, "things", self.versions, poll=poll)

    async def versions(self, connection: Connection, keys: list[str]) -> Mapping[str, int]:
        self.asked.append(set(keys))
        rows = await connection.fetch("select key, version from things where key = any($1)", keys)
        return {row["key"]: row["version"] for row in rows}


Start = Callable[..., Awaitable[Replica]]


@pytest.fixture
async def things(database: MakeDatabase) -> Database:
    made = await database("servicekit")
    await made.pool.execute("create table things (key text primary key, version int not null)")
    return made


@pytest.fixture
async def start(things: Database) -> AsyncIterator[Start]:
    started: list[Replica] = []

    async def begin(poll: float = SLOW) -> Replica:
        replica = Replica(things, poll)
        await replica.feed.start()
        started.append(replica)
        await listeners(things, len(started))
        return replica

    yield begin
    for replica in started:
        await replica.feed.stop()


async def listeners(things: Database, count: int) -> None:
    """Until so many connections have said LISTEN."""

    async def heard() -> bool:
        rows = await things.pool.fetch(
            "select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
        )
        return len(rows) >= count

    await eventually(heard)


async def change(things: Database, *keys: str) -> None:
    await things.pool.executemany(
        "insert into things values ($1, 1) on conflict (key) do update set version = things.version + 1",
        [(key,) for key in keys],
    )


@asynccontextmanager
async def settled(replica: Replica, *keys: str) -> AsyncIterator[list[Callable[[float], Awaitable[bool]]]]:
    """Subscriptions that have had the look which every new one gets."""
    async with AsyncExitStack() as stack:
        subscriptions = [await stack.enter_async_context(replica.feed.subscribe(key)) for key in keys]
        for subscription in subscriptions:
            assert await subscription.wait(5)
        replica.asked.clear()
        yield [subscription.wait for subscription in subscriptions]


async def test_a_touch_wakes_local_subscribers_at_once_and_without_a_query(start: Start) -> None:
    here, there = await start(), await start()

    async with settled(there, "a"), settled(here, "a") as (wait,):
        here.feed.touch("a")

        assert await wait(1)
        await eventually(lambda: there.asked)
        assert here.asked == []


async def test_other_keys_sleep_on(start: Start) -> None:
    replica = await start()

    async with settled(replica, "a", "b") as (_, other):
        replica.feed.touch("a")

        assert not await other(0.1)


async def test_another_replica_hears_of_it(start: Start, things: Database) -> None:
    here, there = await start(), await start()

    async with settled(there, "a", "b") as (wait, other):
        await change(things, "a")
        here.feed.touch("a")

        assert await wait(5)
        assert not await other(0)
        assert there.asked == [{"a", "b"}]


async def test_many_touches_are_one_question_for_others(start: Start, things: Database) -> None:
    here, there = await start(), await start()
    keys = [f"key-{number}" for number in range(50)]

    async with settled(there, *keys) as waits:
        await change(things, *keys)
        for key in keys:
            here.feed.touch(key)

        assert all([await wait(5) for wait in waits])
        assert not await waits[0](0.2)
        assert len(there.asked) == 1


async def test_what_was_not_told_is_found_by_the_poll(start: Start, things: Database) -> None:
    replica = await start(poll=0.05)

    async with settled(replica, "a") as (wait,):
        await change(things, "a")

        assert await wait(5)


async def test_nobody_listening_means_no_queries(start: Start) -> None:
    quiet, busy = await start(poll=0.01), await start(poll=0.01)
    async with settled(quiet, "a"):
        pass
    quiet.asked.clear()

    async with settled(busy, "a"):
        await eventually(lambda: len(busy.asked) > 5)

    assert quiet.asked == []


async def test_a_change_right_after_subscribing_is_seen(start: Start, things: Database) -> None:
    replica = await start(poll=0.05)

    async with replica.feed.subscribe("a") as subscription:
        await change(things, "a")
        assert await subscription.wait(5)


async def test_a_lost_connection_is_made_anew(start: Start, things: Database) -> None:
    here, there = await start(), await start(poll=0.2)
    await things.pool.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and (query ilike 'listen%' or query ilike 'notify%')"
    )

    await listeners(things, 2)
    async with settled(there, "a") as (wait,):
        await change(things, "a")
        here.feed.touch("a")

        assert await wait(5)


async def test_wake_ups_that_nobody_waits_for_are_kept_as_one(start: Start) -> None:
    replica = await start()

    async with settled(replica, "a") as (wait,):
        replica.feed.touch("a")
        replica.feed.touch("a")

        assert await wait(0)
        assert not await wait(0)


async def test_a_database_that_was_away_is_asked_again(things: Database) -> None:
    """The pool of a process survives its server's restart, and so must the feed."""
    pool = await connect_pool(things.url, "replica", max_size=2)
    replica = Replica(Database(things.url, pool), poll=0.05)
    await replica.feed.start()
    async with replica.feed.subscribe("a") as subscription:
        await subscription.wait(5)
        await things.pool.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'replica'"
        )
        await change(things, "a")

        assert await subscription.wait(5)
    await replica.feed.stop()
    await pool.close()


def test_a_channel_is_named_like_an_identifier(things: Database) -> None:
    with pytest.raises(ValueError, match="identifier"):
        ChangeFeed(things.pool, "a; drop table things", Replica(things, SLOW).versions)
