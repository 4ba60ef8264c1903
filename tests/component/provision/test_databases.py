"""Roles and databases of services on a real PostgreSQL."""

import secrets
from pathlib import Path

import asyncpg
import pytest

from devstack.postgres import Postgres, start_postgres, stop_postgres
from provision.databases import DatabaseTrouble, provision_databases

Passwords = dict[str, str]


@pytest.fixture
def passwords() -> Passwords:
    suffix = secrets.token_hex(4)
    return {f"mine_{suffix}": "secret-mine", f"yours_{suffix}": "secret-yours"}


async def provision(postgres: Postgres, passwords: Passwords) -> list[str]:
    return await provision_databases(postgres.url(), passwords, within=5)


async def connect(postgres: Postgres, role: str, password: str, database: str) -> None:
    await (await asyncpg.connect(postgres.url(database, role=role, password=password))).close()


async def test_a_role_enters_its_own_database_and_no_other(postgres: Postgres, passwords: Passwords) -> None:
    await provision(postgres, passwords)

    mine, yours = passwords
    await connect(postgres, mine, "secret-mine", mine)
    for database in (yours, "postgres", "template1"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connect(postgres, mine, "secret-mine", database)


async def test_what_exists_is_kept(postgres: Postgres, passwords: Passwords) -> None:
    await provision(postgres, passwords)
    mine = next(iter(passwords))
    connection = await asyncpg.connect(postgres.url(mine, role=mine, password="secret-mine"))
    await connection.execute("create table kept as select 7 as number")

    told = await provision(postgres, passwords)

    assert told == [f"database {name}: kept" for name in passwords]
    assert await connection.fetchval("select number from kept") == 7
    await connection.close()


async def test_a_changed_password_counts_from_then_on(postgres: Postgres, passwords: Passwords) -> None:
    await provision(postgres, passwords)
    mine = next(iter(passwords))

    await provision(postgres, passwords | {mine: "secret-new"})

    await connect(postgres, mine, "secret-new", mine)
    with pytest.raises(asyncpg.InvalidPasswordError):
        await connect(postgres, mine, "secret-mine", mine)


async def test_a_role_is_nothing_more_than_a_user(postgres: Postgres, passwords: Passwords) -> None:
    mine = next(iter(passwords))
    admin = await asyncpg.connect(postgres.url())
    await admin.execute(f"create role {mine} superuser createdb createrole")

    await provision(postgres, passwords)

    role = await admin.fetchrow("select * from pg_roles where rolname = $1", mine)
    await admin.close()
    assert role is not None
    assert [right for right, has in role.items() if has is True and right.startswith("rol")] == [
        "rolinherit",
        "rolcanlogin",
    ]


async def test_no_statement_shows_a_password(tmp_path: Path) -> None:
    server = start_postgres(tmp_path, durable=False)
    admin = await asyncpg.connect(server.url())
    await admin.execute("alter system set log_statement = 'all'")
    await admin.execute("select pg_reload_conf()")
    await admin.close()

    await provision_databases(server.url(), {"mine": "secret-mine"}, within=5)

    stop_postgres(server)
    log = (tmp_path / "postgres.log").read_text()
    assert "alter role" in log
    assert "secret-mine" not in log


async def test_a_password_of_other_times_is_told_with_its_cure(postgres: Postgres) -> None:
    with pytest.raises(DatabaseTrouble, match="put the secrets of that time back"):
        await provision_databases(postgres.url(password="guessed"), {}, within=5)


async def test_a_server_that_is_away_is_told_in_the_end(postgres: Postgres) -> None:
    with pytest.raises(DatabaseTrouble, match="does not answer"):
        await provision_databases("postgresql://postgres:x@127.0.0.1:1/postgres", {}, within=0)
