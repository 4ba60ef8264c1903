"""Orders that wait in ordering's outbox: placed by its own use case while a lock holds its relay back."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import date
from itertools import count, islice
from uuid import UUID

from bench.stacks import connected
from devstack.settings import Places
from eventing import Connection, Outbox, Works
from ordering.listed_student import ListedStudent
from ordering.pesel import check_digit
from ordering.photos import Photo
from ordering.sealing import Sealers, load_sealers
from ordering.use_cases.import_students import import_students
from ordering.use_cases.place_order import Wish, place_order
from servicekit.database import Pool, connect_pool
from servicekit.institutions import Institution, load_institutions
from servicekit.keys import Keys

INSTITUTION = "umcs"
AT_ONCE = 8  # transactions side by side
AT_A_TIME = 500  # students of one import
UNUSED = count(1)  # numbers of students: whoever is added is somebody new
BORN = date(2004, 5, 6)
LOOK = 0.1  # seconds


@asynccontextmanager
async def relay_held_back(database_url: str) -> AsyncIterator[None]:
    """No relay of this database sends anything; when the block ends each of them is waiting to begin."""
    async with connected(database_url) as connection, connection.transaction():
        await connection.execute("lock table lanes in exclusive mode")
        yield
        await until(lambda: _somebody_waits(connection))


async def until(holds: Callable[[], Awaitable[bool]], *, within: float = 60) -> None:
    async with asyncio.timeout(within):
        while True:
            if await holds():
                return
            await asyncio.sleep(LOOK)


async def _somebody_waits(connection: Connection) -> bool:
    waiting = "select exists (select from pg_locks where relation = 'lanes'::regclass and not granted)"
    return bool(await connection.fetchval(waiting))


async def place_orders(places: Places, database_url: str, number: int, *, by_mail: bool = False) -> list[str]:
    """As many new students, with an order each: a transaction per order, with consents, seals and event.

    `by_mail`: they consent to letters, too.
    """
    async with _opened(places, database_url) as (works, sealers):
        institution = load_institutions(places.institutions)[INSTITUTION]
        added = await _add_students(works, sealers, number)
        students = iter(added.values())
        wish = Wish("mobile", "pl", _consents(institution, all_of_them=by_mail), None)
        placing = [_place_all(works, sealers, institution, students, wish) for _ in range(AT_ONCE)]
        await asyncio.gather(*placing)
    return list(added)


async def add_students(places: Places, database_url: str, number: int) -> list[str]:
    """New students who may order, by what the identity provider would call them."""
    async with _opened(places, database_url) as (works, sealers):
        return list(await _add_students(works, sealers, number))


@asynccontextmanager
async def _opened(places: Places, database_url: str) -> AsyncIterator[tuple[Works, Sealers]]:
    pool = await connect_pool(database_url, "bench", min_size=AT_ONCE, max_size=AT_ONCE)
    try:
        yield Works(pool, Outbox("ordering")), load_sealers(Keys(places.keys))
    finally:
        await pool.close()


def _consents(institution: Institution, *, all_of_them: bool) -> dict[str, str]:
    return {each.kind: each.version for each in institution.consents if all_of_them or each.required}


async def _place_all(
    works: Works, sealers: Sealers, institution: Institution, students: Iterator[UUID], wish: Wish
) -> None:
    for student in students:
        async with works.begin() as work:
            await place_order(
                work, sealers, institution, student, wish, idempotency_key="bench", signed_in_at=None
            )


async def _add_students(works: Works, sealers: Sealers, number: int) -> dict[str, UUID]:
    """By their subjects."""
    photo = await _some_photo(works.pool)
    added = [_student(line) for line in islice(UNUSED, number)]
    for at in range(0, number, AT_A_TIME):
        lines = added[at : at + AT_A_TIME]
        async with works.begin() as work:
            await import_students(work, sealers, INSTITUTION, lines, {one.line: photo for one in lines})
    rows = await works.pool.fetch(
        "select subject, student_ref from students where institution_id = $1 and subject = any($2)",
        INSTITUTION,
        [one.subject for one in added],
    )
    return {row["subject"]: row["student_ref"] for row in rows}


async def _some_photo(pool: Pool) -> Photo:
    row = await pool.fetchrow(
        "select jpeg, sha256 from photos where institution_id = $1 limit 1", INSTITUTION
    )
    assert row is not None
    return Photo(row["jpeg"], row["sha256"])


def _student(line: int) -> ListedStudent:
    first_ten = f"{BORN:%y}{BORN.month + 20:02}{BORN:%d}{line % 10_000:04}"
    values = {
        "line": line,
        "subject": f"bench-{line}",
        "student_number": f"B{line}",
        "given_names": "Anna Maria",
        "family_name": "Wójcik-Żak",
        "birth_date": f"{BORN}",
        "pesel": first_ten + check_digit(first_ten),
        "email": f"bench-{line}@umcs.example",
        "status": "active",
        "programme": "Informatyka",
        "cycle": "first",
        "study_kind": "full_time",
        "plastic_card_valid_until": "",
        "data_changed_on": "",
        "card_valid_until": "",
    }
    return ListedStudent.model_validate(values, context={"today": date(2026, 10, 1)})
