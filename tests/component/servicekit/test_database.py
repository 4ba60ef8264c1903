import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from servicekit.database import MIGRATIONS, MigrationError, connect_pool, migrate, missing_migrations
from servicekit.health import Readiness, database_check
from tests.conftest import MakeDatabase
from tests.databases import Database


@pytest.fixture
async def fresh(database: MakeDatabase) -> Database:
    return await database("servicekit")


def write(folder: Path, name: str, sql: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(sql)
    return folder


async def test_json_columns_take_and_give_python_objects(fresh: Database) -> None:
    value = {"reasons": ["no_photo"], "text": "Zażółć", "none": None, "number": 1.5}

    assert await fresh.pool.fetchval("select $1::jsonb", value) == value
    assert await fresh.pool.fetchval("select $1::json", value) == value
    assert await fresh.pool.fetchval("select ($1::jsonb)->>'text'", value) == "Zażółć"


async def test_ids_and_times_can_stand_in_json(fresh: Database) -> None:
    order_id, moment = UUID(int=7), datetime(2026, 10, 1, tzinfo=UTC)

    stored = await fresh.pool.fetchval("select $1::jsonb", {"order_id": order_id, "at": moment})

    assert stored == {"order_id": str(order_id), "at": "2026-10-01T00:00:00Z"}


async def test_connections_say_who_they_are_and_think_in_utc(fresh: Database) -> None:
    pool = await connect_pool(fresh.url, "ordering-relay")

    assert await pool.fetchval("select current_setting('application_name')") == "ordering-relay"
    assert await pool.fetchval("select current_setting('timezone')") == "UTC"
    await pool.close()


async def test_migrations_of_all_directories_run_in_order_of_version(fresh: Database, tmp_path: Path) -> None:
    first = write(tmp_path / "b", "0900_create_things.sql", "create table things (id int primary key);\n")
    second = write(tmp_path / "a", "0901_fill_things.sql", "insert into things values (1);")

    migrate(fresh.url, second, first)

    assert await fresh.pool.fetchval("select count(*) from things") == 1


async def test_migrating_again_does_nothing(fresh: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "a", "0900_create_things.sql", "create table things (id int);")

    migrate(fresh.url, folder)
    migrate(fresh.url, folder)

    assert await fresh.pool.fetchval("select count(*) from things") == 0


async def test_replicas_that_migrate_at_once_wait_for_each_other(fresh: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "a", "0900_create_things.sql", "create table things (id int);")

    with ThreadPoolExecutor(3) as replicas:
        list(replicas.map(lambda _: migrate(fresh.url, folder), range(3)))

    assert await fresh.pool.fetchval("select count(*) from things") == 0


async def test_a_broken_migration_is_named_and_leaves_nothing(fresh: Database, tmp_path: Path) -> None:
    folder = write(
        tmp_path / "a",
        "0900_create_things.sql",
        "create table things (id int); create tabel others (id int);",
    )

    with pytest.raises(MigrationError, match=r"0900_create_things\.sql"):
        migrate(fresh.url, folder)

    assert await fresh.pool.fetchval("select to_regclass('things')") is None


async def test_two_files_of_one_version_are_refused(fresh: Database, tmp_path: Path) -> None:
    one = write(tmp_path / "a", "0900_create_things.sql", "select 1;")
    two = write(tmp_path / "b", "0900_create_others.sql", "select 1;")

    with pytest.raises(MigrationError, match="same version"):
        migrate(fresh.url, one, two)


async def test_what_is_missing_is_known(fresh: Database, tmp_path: Path) -> None:
    folder = write(tmp_path / "a", "0900_create_things.sql", "create table things (id int);")

    async with fresh.pool.acquire() as connection:
        assert await missing_migrations(connection, MIGRATIONS, folder) == ["0900_create_things.sql"]


async def test_a_service_with_all_migrations_is_ready(fresh: Database) -> None:
    assert Readiness(await database_check(fresh.pool, MIGRATIONS)).healthy


async def test_a_service_without_its_migrations_is_not_ready_and_says_the_cure(
    fresh: Database, tmp_path: Path
) -> None:
    folder = write(tmp_path / "a", "0900_create_things.sql", "select 1;")

    checks = await database_check(fresh.pool, folder)

    assert not Readiness(checks).healthy
    assert "0900_create_things.sql" in checks["migrations"].reason
    assert "migrate" in checks["migrations"].cure


async def test_a_database_that_never_was_migrated_lacks_everything(fresh: Database) -> None:
    await fresh.pool.execute("drop table schema_migrations")

    checks = await database_check(fresh.pool, MIGRATIONS)

    assert "0100_create_sessions.sql" in checks["migrations"].reason


async def test_a_database_that_is_away_is_told_quickly(fresh: Database) -> None:
    await fresh.pool.close()

    checks = await asyncio.wait_for(database_check(fresh.pool, MIGRATIONS), 5)

    assert not checks["database"].ok
    assert "PostgreSQL" in checks["database"].cure
