"""What happened before the crash: students at every stage at one instant, and what they did after it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from contracts.catalogue import TOPICS
from devstack.accounts import Account
from devstack.journey.cards import Card
from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from devstack.journey.wallet import WalletClient
from devstack.settings import SERVICES
from devstack.stack import Stack
from tests.waiting import eventually

PATIENCE = 60
Numbers = set[tuple[str, str, int]]


@dataclass
class Traveller:
    """A student with an order, and the phone for it."""

    student: StudentClient
    phone: WalletClient
    order_id: str
    card: Card | None = None

    async def has(self, status: str) -> bool:
        return bool((await self.student.order(self.order_id))["status"] == status)

    async def reach(self, status: str) -> None:
        await eventually(lambda: self.has(status), PATIENCE, every=0.1)

    async def activate(self) -> None:
        activation = (await self.student.order(self.order_id))["activation"]
        self.card, _ = await self.phone.activate(activation["qr_payload"], activation["activation_code"])
        await self.reach("ACTIVATED")

    async def card_is(self) -> str:
        [card] = await self.student.cards()
        return str(card["status"])

    async def freeze(self) -> None:
        [card] = await self.student.cards()
        await self.student.change_card(card["credential_id"], "suspension")
        await eventually(self._is_frozen, PATIENCE, every=0.1)

    async def _is_frozen(self) -> bool:
        return await self.card_is() == "SUSPENDED"


@dataclass
class History:
    """The instant, who did what around it, and every event that was published until the crash."""

    instant: datetime
    waiting: Traveller
    frozen: Traveller
    offered: Traveller
    late: Traveller
    published: dict[str, Numbers]


@asynccontextmanager
async def travellers(stack: Stack, accounts: list[Account]) -> AsyncIterator["Departures"]:
    async with AsyncExitStack() as clients:
        yield Departures(Addresses.of(stack.ports), accounts, clients)


@dataclass
class Departures:
    """Signs students in and places their orders."""

    addresses: Addresses
    accounts: list[Account]
    clients: AsyncExitStack

    async def leave(self) -> Traveller:
        student = await StudentClient.sign_in(self.addresses, self.accounts.pop(0).subject)
        await self.clients.enter_async_context(student)
        phone = await self.clients.enter_async_context(WalletClient(self.addresses))
        return Traveller(student, phone, (await student.place_order())["order_id"])


async def make_history(stack: Stack, departures: Departures) -> History:
    frozen, offered = [await departures.leave() for _ in range(2)]
    for traveller in (frozen, offered):
        await traveller.reach("READY")
    await frozen.activate()
    with stack.paused("issuer"):
        waiting = await departures.leave()
        instant = await _clock_of(stack)
    await waiting.reach("READY")
    late = await departures.leave()
    await late.reach("READY")
    for traveller in (offered, late):
        await traveller.activate()
    await frozen.freeze()
    await eventually(lambda: all_is_heard(stack.databases), PATIENCE, every=0.2)
    return History(instant, waiting, frozen, offered, late, await published_by(stack.databases))


async def _clock_of(stack: Stack) -> datetime:
    rows = await _fetch(stack.databases["ordering"], "select clock_timestamp() as instant")
    instant: datetime = rows[0]["instant"]
    return instant


async def published_by(databases: dict[str, str]) -> dict[str, Numbers]:
    """Topic, key and number of every event, by the service whose database has it."""
    query = "select lane, key, number from events where number is not null"
    found = await asyncio.gather(*(_fetch(databases[service], query) for service in SERVICES))
    return {
        service: {(row["lane"].rpartition("/")[0], row["key"], row["number"]) for row in rows}
        for service, rows in zip(SERVICES, found, strict=True)
    }


async def all_is_heard(databases: dict[str, str]) -> bool:
    """Whether every consumer has heard as much of each stream as its owner knows, and nothing is unsent.

    But for orphans: what an owner tells about an order that is not known to ordering any more is kept.
    """
    orphans = await orphans_of(databases)
    last: dict[str, dict[tuple[str, str], int]] = {}
    for service in SERVICES:
        if await _fetch(databases[service], 'select 1 from events where "offset" is null'):
            return False
        for table in ("streams", "streams_in"):
            rows = await _fetch(databases[service], f"select topic, key, last from {table}")
            last[f"{service} {table}"] = {(row["topic"], row["key"]): row["last"] for row in rows}
    unheard = [
        (consumer, stream, number)
        for topic in TOPICS
        if topic.numbered
        for stream, number in last[f"{topic.owner} streams"].items()
        if stream[0] == topic.name
        for consumer in topic.consumers
        if last[f"{consumer} streams_in"].get(stream, 0) < number
        if not (consumer == "ordering" and stream[1] in orphans)
    ]
    assert not unheard
    return True


async def orphans_of(databases: dict[str, str]) -> set[str]:
    rows = await _fetch(databases["ordering"], "select key from waiting where reason like 'orphan%'")
    return {row["key"] for row in rows}


async def _fetch(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(query))
    finally:
        await connection.close()
