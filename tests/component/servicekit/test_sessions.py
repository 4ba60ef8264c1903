from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from servicekit.sessions import (
    Session,
    delete_expired_sessions,
    delete_session,
    end_other_sessions,
    end_sessions_of,
    find_session,
    insert_session,
    open_id_token,
    seal_id_token,
    session_hash,
)
from tests.conftest import MakeDatabase
from tests.databases import Database

NOW = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


def session(cookie: str, subject: str = "zofia", institution: str = "umcs") -> Session:
    return Session(session_hash(cookie), institution, subject, NOW, NOW + timedelta(hours=8))


@pytest.fixture
async def browsers(database: MakeDatabase) -> Database:
    made = await database("servicekit")
    async with made.pool.acquire() as connection:
        for cookie, subject, institution in (
            ("laptop", "zofia", "umcs"),
            ("phone", "zofia", "umcs"),
            ("other", "jan", "umcs"),
            ("namesake", "zofia", "pwr"),
        ):
            await insert_session(connection, session(cookie, subject, institution))
    return made


async def signed_in(browsers: Database, now: datetime = NOW) -> set[str]:
    cookies = ("laptop", "phone", "other", "namesake")
    async with browsers.pool.acquire() as connection:
        return {cookie for cookie in cookies if await find_session(connection, session_hash(cookie), now)}


async def test_a_session_is_found_by_its_cookie_until_it_ends(browsers: Database) -> None:
    async with browsers.pool.acquire() as connection:
        assert await find_session(connection, session_hash("laptop"), NOW) == session("laptop")
        assert await find_session(connection, session_hash("Laptop"), NOW) is None
        assert await find_session(connection, session_hash("laptop"), NOW + timedelta(hours=8)) is None


async def test_the_table_does_not_hold_the_cookie(browsers: Database) -> None:
    rows = await browsers.pool.fetch("select * from sessions")

    assert "laptop" not in repr(rows)


async def test_ending_the_others_leaves_this_one_and_other_people(browsers: Database) -> None:
    async with browsers.pool.acquire() as connection:
        assert await end_other_sessions(connection, session("phone")) == 1

    assert await signed_in(browsers) == {"phone", "other", "namesake"}


async def test_ending_a_persons_sessions_ends_all_of_them(browsers: Database) -> None:
    async with browsers.pool.acquire() as connection:
        assert await end_sessions_of(connection, "umcs", "zofia") == 2

    assert await signed_in(browsers) == {"other", "namesake"}


async def test_sessions_that_are_over_are_swept(browsers: Database) -> None:
    async with browsers.pool.acquire() as connection:
        await insert_session(connection, replace(session("old"), expires_at=NOW))

        assert await delete_expired_sessions(connection, NOW) == 1

    assert len(await signed_in(browsers)) == 4


async def test_the_id_token_opens_with_its_cookie_only(browsers: Database) -> None:
    async with browsers.pool.acquire() as connection:
        sealed = seal_id_token("tablet", "eyJ.zofia.sig")
        await insert_session(connection, session("tablet"), id_token_sealed=sealed)
        kept = await delete_session(connection, session_hash("tablet"))

    assert kept is not None
    assert b"zofia" not in kept
    assert open_id_token("tablet", kept) == "eyJ.zofia.sig"
    assert open_id_token("laptop", kept) is None
    assert open_id_token("tablet", b"short") is None
