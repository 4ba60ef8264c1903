"""Students who order, activate and end their cards all the time, and whether any request ever failed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from devstack.journey.student import Json, StudentClient
from devstack.journey.wallet import WalletClient
from tests.e2e.system import PATIENCE
from tests.journeys.conftest import People
from tests.waiting import eventually

AT_ONCE = 4  # students
LOOK = 0.5  # seconds between two looks at an order
ORDERS_OF_ONE = 8  # an institution allows a few more in a day
ON_ITS_WAY = {"OFFER_NOT_READY", "CARD_NOT_ISSUED"}  # the answers to a phone that is faster than the events
TOLD = {"order_received": 1, "ready_to_activate": 1, "activated": 1, "card_revoked": 1}


@dataclass
class Member:
    """One student at a browser, with one phone after the other."""

    student: StudentClient
    crowd: "Crowd"

    async def go_round(self) -> None:
        """From the order to a card that has ended, so that the next order is allowed."""
        order_id = (await self.student.place_order())["order_id"]
        self.crowd.orders.append(order_id)
        async with WalletClient(self.student.addresses) as phone:
            watch(phone.http, self.crowd.failures)
            activation = (await self._reached(order_id, "READY"))["activation"]
            _, grant = await phone.activate(activation["qr_payload"], activation["activation_code"])
        await self._reached(order_id, "ACTIVATED")
        await self.student.change_card(grant.credential_id, "revocation")
        await eventually(lambda: self._card_is(grant.credential_id, "REVOKED"), PATIENCE, every=LOOK)
        self.crowd.rounds += 1

    async def _reached(self, order_id: str, status: str) -> Json:
        async def reached() -> Json:
            order = await self.student.order(order_id)
            assert order["status"] == status
            return order

        return await eventually(reached, PATIENCE, every=LOOK)

    async def _card_is(self, credential_id: str, status: str) -> bool:
        cards = await self.student.cards()
        return any(each["credential_id"] == credential_id and each["status"] == status for each in cards)

    async def nothing_was_lost_or_done_twice(self) -> None:
        """One card for each order, and each alert about it once."""
        orders = [each["order_id"] for each in await self.student.cards()]
        assert len(orders) == len(set(orders)) > 0

        async def all_told() -> bool:
            alerts = Counter((each["order_id"], each["kind"]) for each in await self.student.alerts())
            assert alerts == {(order, kind): count for order in orders for kind, count in TOLD.items()}
            return True

        await eventually(all_told, PATIENCE, every=LOOK)


@dataclass
class Crowd:
    """What the students have done; it grows while they go round."""

    people: People
    orders: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    members: list[Member] = field(default_factory=list)
    rounds: int = 0
    leaving: bool = False

    async def keep_going(self) -> None:
        while not self.leaving:
            student = await self.people.student_at_a_browser()
            watch(student.http, self.failures)
            member = Member(student, self)
            self.members.append(member)
            for _ in range(ORDERS_OF_ONE):
                await member.go_round()
                if self.leaving:
                    return

    async def goes_on(self) -> None:
        """Everybody who is there now ends one more round, more or less."""
        enough = self.rounds + AT_ONCE
        await eventually(lambda: self.rounds >= enough, PATIENCE, every=LOOK)


@asynccontextmanager
async def crowd_of(people: People) -> AsyncIterator[Crowd]:
    """Goes round until the block ends, then ends what was begun; a failed round ends the block."""
    crowd = Crowd(people)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(crowd.keep_going())
        yield crowd
        crowd.leaving = True
    for member in crowd.members:
        await member.nothing_was_lost_or_done_twice()


def watch(http: httpx.AsyncClient, failures: list[str]) -> None:
    async def note(response: httpx.Response) -> None:
        if response.status_code >= 500:
            await response.aread()
            if response.json().get("code") not in ON_ITS_WAY:
                failures.append(f"{response.request.method} {response.url}: {response.text}")

    http.event_hooks["response"].append(note)
