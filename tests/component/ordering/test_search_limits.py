"""A clerk, or whoever has a clerk's session, may search as work needs it, and copies no list of students."""

import asyncio
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from eventing import Works
from ordering.parts import Parts
from ordering.sealing import Sealers
from ordering.searching import DAY, SearchLimits
from servicekit.limits import FixedWindow
from tests.component.ordering.scene import Clock, add_student
from tests.databases import Database

SEARCH = "/api/v1/clerk/students/search"


@pytest.fixture
async def few(web: FastAPI, parts: Parts, works: Works, sealers: Sealers) -> None:
    """Three searches a minute, ten students a day; and there are four."""
    limits = SearchLimits(FixedWindow(3), FixedWindow(10, DAY))
    web.state.parts = replace(parts, searches=limits)
    for number in range(4):
        await add_student(works, sealers, f"anna{number}")


async def search(office: httpx.AsyncClient, word: str = "Anna", limit: int = 4) -> httpx.Response:
    body = {"words": [word], "limit": limit}
    return await office.post(SEARCH, json=body, headers={"Accept-Language": "en"})


async def limited(database: Database) -> list[str]:
    rows = await database.pool.fetch(
        "select details from audit_lines where action = 'student_searches_limited' order by audit_id"
    )
    return [row["details"]["exceeded"] for row in rows]


@pytest.mark.usefixtures("few")
async def test_so_many_searches_a_minute_are_answered_and_more_are_one_line_of_the_audit(
    office: httpx.AsyncClient, another_clerk: httpx.AsyncClient, ordering_database: Database, clock: Clock
) -> None:
    answers = await asyncio.gather(*(search(office, "Nobody", limit=1) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 3 + [429] * 3
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["code"] == "TOO_MANY_SEARCHES"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert await limited(ordering_database) == ["searches"]
    assert (await search(another_clerk, "Nobody")).status_code == 200
    clock.advance(minutes=1)
    assert (await search(office, "Nobody")).status_code == 200


@pytest.mark.usefixtures("few")
async def test_so_many_students_are_shown_in_a_day_however_they_are_searched_for(
    office: httpx.AsyncClient, ordering_database: Database, clock: Clock
) -> None:
    shown = 0
    for _ in range(5):
        shown += len((await search(office)).json().get("students", []))
        clock.advance(minutes=1)

    assert shown == 8
    assert await limited(ordering_database) == ["students"]
    assert (await search(office, limit=2)).status_code == 200
    clock.advance(days=1)
    assert (await search(office)).status_code == 200


async def test_whom_a_search_did_not_find_does_not_count(
    office: httpx.AsyncClient, works: Works, sealers: Sealers
) -> None:
    await add_student(works, sealers, "anna")

    answers = [await search(office, limit=100) for _ in range(60)]

    assert {answer.status_code for answer in answers} == {200}
