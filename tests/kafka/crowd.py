"""Many students who order one after the other at a steady pace, and what became of their orders."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx

from devstack.accounts import those_who_may_order
from devstack.stack import Stack
from ordering.sealing import load_sealers, seal_pesel
from servicekit.keys import Keys
from servicekit.sealing import Sealer
from servicekit.sessions import session_hash
from tests.waiting import eventually

PESEL = "03291748516"
LOOK = 0.1  # seconds between two looks at what still waits

OLDEST_THAT_WAITS = """
    select count(*) as waiting, coalesce(extract(epoch from now() - min(placed_at)), 0) as seconds
    from orders where state = 'PLACED'
"""


@dataclass
class Crowd:
    """Students of one stack, signed in. `placed` grows while they order."""

    stack: Stack
    database: asyncpg.Connection
    http: httpx.AsyncClient
    cookies: list[str]
    consents: list[dict[str, str]] = field(default_factory=list)
    placed: int = 0
    waits: float = 0  # seconds, the oldest order that waits now
    longest_wait: float = 0

    async def order(self, *, per_second: float) -> None:
        """Everybody orders once, each at their time, whether or not those before have been answered."""
        async with asyncio.TaskGroup() as tasks:
            begun = time.monotonic()
            watching = tasks.create_task(self._watch())
            orders = []
            for place, cookie in enumerate(self.cookies):
                await asyncio.sleep(begun + place / per_second - time.monotonic())
                orders.append(tasks.create_task(self._order(cookie)))
            await asyncio.wait(orders)
            watching.cancel()

    async def _order(self, cookie: str) -> None:
        body = {"channel": "mobile", "locale": "pl", "consents": self.consents}
        headers = self._headers(cookie) | {"Idempotency-Key": str(uuid4())}
        answer = await self.http.post("/api/v1/orders", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        self.placed += 1

    def _headers(self, cookie: str) -> dict[str, str]:
        return {"Cookie": f"legitka-ordering={cookie}", "Origin": self.stack.url("ordering")}

    async def read_consents(self) -> None:
        """The few that are required: nobody here wants mail."""
        answer = await self.http.get("/api/v1/consents", headers=self._headers(self.cookies[0]))
        listed = answer.json()
        self.consents = [
            {key: each[key] for key in ("kind", "version")} for each in listed if each["required"]
        ]

    async def _watch(self) -> None:
        while True:
            await self._look()
            await asyncio.sleep(LOOK)

    async def _look(self) -> int:
        """How many orders wait; the oldest of them may be the one that waits longest of all."""
        row = await self.database.fetchrow(OLDEST_THAT_WAITS)
        assert row is not None
        self.waits = float(row["seconds"])
        self.longest_wait = max(self.longest_wait, self.waits)
        return int(row["waiting"])

    async def all_are_ready(self, within: float) -> None:
        async def nobody_waits() -> bool:
            return await self._look() == 0

        await eventually(nobody_waits, within, every=LOOK)


@asynccontextmanager
async def crowd_of(stack: Stack, size: int) -> AsyncIterator[Crowd]:
    database = await asyncpg.connect(stack.databases["ordering"])
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(base_url=stack.url("ordering"), timeout=60, limits=limits) as http:
        crowd = Crowd(stack, database, http, await _sign_in(stack, database, size))
        await crowd.read_consents()
        yield crowd
    await database.close()


async def _sign_in(stack: Stack, database: asyncpg.Connection, size: int) -> list[str]:
    """Copies of the sample students, each with a session: so many sign-ins would take too long."""
    accounts = [account.subject for account in those_who_may_order()]
    samples = await database.fetch("select * from students where subject = any($1)", accounts)
    sealer = load_sealers(Keys(stack.places.keys, production=False)).students
    people = [_copy(sealer, samples[number % len(samples)], number) for number in range(size)]
    await database.copy_records_to_table(
        "students", records=[list(person.values()) for person in people], columns=list(people[0])
    )
    cookies = [uuid4().hex for _ in people]
    until = datetime.now(UTC) + timedelta(hours=1)
    await database.copy_records_to_table(
        "sessions",
        records=[
            (session_hash(cookie), person["institution_id"], person["subject"], until)
            for cookie, person in zip(cookies, people, strict=True)
        ],
        columns=["id_hash", "institution_id", "subject", "expires_at"],
    )
    return cookies


def _copy(sealer: Sealer, sample: asyncpg.Record, number: int) -> dict[str, Any]:
    person, student_ref = dict(sample), uuid4()
    return person | {
        "student_ref": student_ref,
        "subject": f"{person['subject']}-{number}",
        "student_number": f"{person['student_number']}-{number}",
        "pesel_sealed": seal_pesel(sealer, person["institution_id"], student_ref, PESEL),
    }


async def fetch_cards(stack: Stack, service: str, statement: str) -> list[tuple[UUID, UUID]]:
    connection = await asyncpg.connect(stack.databases[service])
    rows = await connection.fetch(statement)
    await connection.close()
    return sorted((row[0], row[1]) for row in rows)


async def everybody_has_exactly_one_card(stack: Stack, size: int, *, within: float) -> None:
    """One credential each, and ordering, wallet and notifier know of that one."""
    made = await fetch_cards(stack, "issuer", "select order_id, credential_id from credentials")
    ready = await fetch_cards(
        stack, "ordering", "select order_id, credential_id from orders where state = 'READY'"
    )
    told = await fetch_cards(stack, "issuer", CREDENTIALS_TOLD)

    assert len({order for order, _ in made}) == len({card for _, card in made}) == size
    assert ready == made
    assert [order for order, _ in told] == [order for order, _ in made]

    async def others_know() -> bool:
        offers = await fetch_cards(stack, "wallet", "select order_id, credential_id from offers")
        alerts = await fetch_cards(stack, "notifier", READY_ALERTS)
        return offers == made and [order for order, _ in alerts] == [order for order, _ in made]

    await eventually(others_know, within, every=1)


CREDENTIALS_TOLD = "select key::uuid, key::uuid from events where headers like '%CredentialReady%'"
READY_ALERTS = "select order_id, order_id from alerts where kind = 'ready_to_activate'"
