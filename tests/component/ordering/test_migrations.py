"""Migrations that write: rows of the version before are as the new version needs them."""

import secrets
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from devstack.postgres import Postgres
from ordering.sealing import Sealers
from servicekit.database import migrate, migration_files, migrations_of
from tests.component.ordering.scene import PHOTO_SHA256, student_row

AUTUMN = datetime(2026, 9, 20, 12, tzinfo=UTC)
NEW_YEAR_IN_WARSAW = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)
END_OF_OCTOBER = datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC)


@pytest.fixture
async def empty(postgres: Postgres) -> AsyncIterator[asyncpg.Connection]:
    name = f"older_{secrets.token_hex(6)}"
    admin = await asyncpg.connect(postgres.url())
    await admin.execute(f"create database {name}")
    connection = await asyncpg.connect(postgres.url(name))
    yield connection
    await connection.close()
    await admin.execute(f"drop database {name}")
    await admin.close()


def before(version: str, folder: Path) -> Path:
    """What there was to migrate until then."""
    for file in migration_files(tuple(migrations_of("ordering"))):
        if file.name < version:
            shutil.copy(file, folder)
    return folder


async def add(connection: asyncpg.Connection, row: dict[str, object]) -> None:
    places = ", ".join(f"${place}" for place in range(1, len(row) + 1))
    await connection.execute(f"insert into students ({', '.join(row)}) values ({places})", *row.values())


async def test_graduates_who_were_known_before_keep_the_card_as_long_as_those_told_later(
    empty: asyncpg.Connection, postgres: Postgres, sealers: Sealers, tmp_path: Path
) -> None:
    url = postgres.url(await empty.fetchval("select current_database()"))
    migrate(url, before("0222", tmp_path))
    await empty.execute("insert into photos values ('umcs', $1, '', $2)", PHOTO_SHA256, AUTUMN)
    for subject, status, cycle, imported_at in (
        ("bachelor", "graduated", "first", AUTUMN),
        ("in-the-new-year", "graduated", "first", NEW_YEAR_IN_WARSAW),
        ("master", "graduated", "second", AUTUMN),
        ("student", "active", "first", AUTUMN),
    ):
        told = {"status": status, "cycle": cycle, "imported_at": imported_at}
        await add(empty, student_row(sealers, subject, "umcs") | told)

    migrate(url, *migrations_of("ordering"))

    rows = await empty.fetch("select subject, rights_until from students")
    assert {row["subject"]: row["rights_until"] for row in rows} == {
        "bachelor": END_OF_OCTOBER,
        "in-the-new-year": END_OF_OCTOBER,
        "master": None,
        "student": None,
    }
