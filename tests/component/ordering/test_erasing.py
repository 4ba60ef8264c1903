"""Erasing a student: nothing is left here but tombstones and the audit, and everybody is told."""

from uuid import UUID, uuid4

import httpx
import pytest

from contracts.ordering import OrderErased
from eventing import Works
from ordering.use_cases.erase_student import erase_student
from servicekit.refusals import NotFound
from tests.component.ordering.conftest import PlaceOrder
from tests.component.ordering.scene import NOON, PESEL, tell
from tests.eventlog import published

TABLES = ("students", "photos", "consents", "orders", "timeline_entries", "open_questions", "sessions")


async def erase(works: Works, student_ref: UUID) -> int | None:
    async with works.begin() as work:
        return await erase_student(work, student_ref, actor_ref="operator")


async def test_nothing_is_left_but_tombstones_and_the_audit(
    works: Works, anna: UUID, place_order: PlaceOrder
) -> None:
    story = await place_order()
    await tell(works, story.ready(), story.issued())
    await works.pool.execute("insert into sessions values ($1, 'umcs', 'anna', null, $2)", b"cookie", NOON)

    erased = await erase(works, anna)

    assert erased == 1
    for table in TABLES:
        assert await works.pool.fetchval(f"select count(*) from {table}") == 0, table
    assert await works.pool.fetchval("select array_agg(order_id) from tombstones") == [story.order_id]
    assert await works.pool.fetchval("select action from audit_lines") == "student_erased"


async def test_others_are_told_and_what_was_told_before_is_blank(
    works: Works, anna: UUID, place_order: PlaceOrder
) -> None:
    story = await place_order()

    await erase(works, anna)

    [event] = await published(works.pool)
    assert isinstance(event, OrderErased)
    assert event.order_id == story.order_id
    bodies = await works.pool.fetch("select body, headers from events order by id")
    assert [row["body"] == b"" for row in bodies] == [True, False]
    assert not any(PESEL in str(dict(row)) for row in bodies)


async def test_nobody_elses_rows_are_searched_for_the_photo(works: Works, anna: UUID) -> None:
    async with works.begin() as work:
        await work.connection.execute("set local enable_seqscan = off")

        await erase_student(work, anna, actor_ref="operator")

        searched = await work.connection.fetch(
            "select relname from pg_stat_xact_user_tables where seq_scan > 0 order by relname"
        )
    assert [row["relname"] for row in searched] == []


async def test_the_issuers_confirmation_is_noted(works: Works, anna: UUID, place_order: PlaceOrder) -> None:
    story = await place_order()
    await erase(works, anna)

    await tell(works, story.erased())

    assert await works.pool.fetchval("select confirmed_at is not null from tombstones")


async def test_what_comes_late_brings_nothing_back(works: Works, anna: UUID, place_order: PlaceOrder) -> None:
    story = await place_order()
    await erase(works, anna)

    await tell(works, story.ready(), story.issued(), story.alerted())

    assert await works.pool.fetchval("select count(*) from orders") == 0
    assert await works.pool.fetchval("select count(*) from timeline_entries") == 0


async def test_a_photo_that_somebody_else_uses_stays(works: Works, anna: UUID, jan: UUID) -> None:
    await erase(works, anna)

    assert await works.pool.fetchval("select count(*) from photos") == 1


async def test_an_erased_student_is_a_student_no_more(
    http: httpx.AsyncClient, works: Works, anna: UUID, place_order: PlaceOrder
) -> None:
    await place_order()
    await erase(works, anna)

    assert (await http.get("/api/v1/orders")).json()["code"] == "NOT_A_STUDENT"


async def test_erasing_twice_is_erasing_once_and_nobody_else_is_anybody(works: Works, anna: UUID) -> None:
    await erase(works, anna)
    told = await published(works.pool)

    assert await erase(works, anna) is None
    assert await published(works.pool) == told
    assert await works.pool.fetchval("select count(*) from audit_lines") == 1
    with pytest.raises(NotFound):
        await erase(works, uuid4())
