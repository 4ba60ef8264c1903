"""Any part may die at any moment: every order still ends well, and nothing happens twice."""

from collections import Counter
from dataclasses import dataclass

import asyncpg
import pytest

from devstack.accounts import Account
from devstack.journey.student import StudentClient
from devstack.journey.wallet import Grant, Offer, WalletClient, WrongCode
from devstack.settings import SERVICES
from devstack.stack import Stack
from tests.journeys.conftest import People
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)

PATIENCE = 60  # seconds for a group to be formed anew, and for what was lost to be asked for


@dataclass
class Traveller:
    """A student with an order somewhere on its way, and the phone for it."""

    student: StudentClient
    account: Account
    phone: WalletClient
    order_id: str = ""

    async def place(self) -> None:
        self.order_id = (await self.student.place_order())["order_id"]

    async def reach(self, status: str) -> dict[str, object]:
        await eventually(lambda: self.has(status), PATIENCE, every=0.1)
        return await self.student.order(self.order_id)

    async def has(self, status: str) -> bool:
        return bool((await self.student.order(self.order_id))["status"] == status)

    async def offer(self) -> tuple[Offer, str]:
        activation = (await self.student.order(self.order_id))["activation"]
        return await self.phone.fetch_offer(activation["qr_payload"]), activation["activation_code"]

    async def redeem(self) -> tuple[Offer, Grant]:
        offer, code = await self.offer()
        return offer, await self.phone.redeem(offer, code)

    async def activate(self) -> None:
        offer, grant = await self.redeem()
        await self.phone.fetch_card(offer, grant)
        await self.reach("ACTIVATED")

    async def lock(self) -> None:
        offer, code = await self.offer()
        for _ in range(5):
            with pytest.raises(WrongCode):
                await self.phone.redeem(offer, f"{(int(code) + 1) % 10**8:08}")
        await self.reach("LOCKED")

    async def was_told(self, kind: str) -> bool:
        return any(each["kind"] == kind for each in await self.alerts())

    async def alerts(self) -> list[dict[str, object]]:
        return [each for each in await self.student.alerts() if each["order_id"] == self.order_id]


@pytest.mark.parametrize("victim", [*SERVICES, "broker"])
async def test_every_waiting_order_ends_well_though_a_part_is_killed(
    stack: Stack, people: People, victim: str
) -> None:
    placed, ready, locked, holding, suspending = [await _traveller(people) for _ in range(5)]
    for traveller in (ready, locked, holding, suspending):
        await traveller.place()
        await traveller.reach("READY")
    await locked.lock()
    # Of a locked code nobody is told any more once there is a newer one.
    await eventually(lambda: locked.was_told("code_locked"), PATIENCE, every=0.1)
    await suspending.activate()
    offer, grant = await holding.redeem()
    card_id = (await suspending.student.cards())[0]["credential_id"]

    with stack.paused("issuer"):
        await placed.place()
        await locked.student.request_new_code(locked.order_id)
        await suspending.student.change_card(card_id, "suspension")
        stack.kill(victim)
    stack.start(victim)

    await placed.reach("READY")
    await locked.reach("READY")
    await holding.phone.fetch_card(offer, grant)
    await holding.reach("ACTIVATED")
    for traveller in (placed, ready, locked):
        await traveller.activate()
    await eventually(lambda: _card_is(suspending, "SUSPENDED"), PATIENCE, every=0.1)
    everybody = (placed, ready, locked, holding, suspending)
    assert [len(await each.student.cards()) for each in everybody] == [1] * 5
    assert [await _cards_issued(stack, each) for each in everybody] == [1] * 5
    await _each_told_once(placed, {"order_received": 1, "ready_to_activate": 1, "activated": 1})
    await _each_told_once(ready, {"order_received": 1, "ready_to_activate": 1, "activated": 1})
    await _each_told_once(holding, {"order_received": 1, "ready_to_activate": 1, "activated": 1})
    await _each_told_once(
        locked, {"order_received": 1, "ready_to_activate": 2, "code_locked": 1, "activated": 1}
    )
    await _each_told_once(
        suspending, {"order_received": 1, "ready_to_activate": 1, "activated": 1, "card_suspended": 1}
    )


async def _traveller(people: People) -> Traveller:
    student, account = await people.student()
    return Traveller(student, account, await people.phone())


async def _card_is(traveller: Traveller, state: str) -> bool:
    return [card["status"] for card in await traveller.student.cards()] == [state]


async def _cards_issued(stack: Stack, traveller: Traveller) -> int:
    issuer = await asyncpg.connect(stack.databases["issuer"])
    issued: int = await issuer.fetchval(
        "select count(*) from events where key = $1 and headers like '%CardIssued%'", traveller.order_id
    )
    await issuer.close()
    return issued


async def _each_told_once(traveller: Traveller, expected: dict[str, int]) -> None:
    """In the inbox exactly once; by e-mail too, and what came twice has the same Message-ID.

    But for letters about an offer: one that was held up until its card was active does not leave any more.
    """

    async def inbox() -> bool:
        assert Counter(each["kind"] for each in await traveller.alerts()) == expected
        return True

    async def mailbox() -> bool:
        mails = await traveller.student.mails_to(traveller.account.email)
        by_mail = Counter(expected) - Counter(order_received=1)
        of_the_offer = by_mail["ready_to_activate"] + by_mail["code_locked"]
        letters = len({each["message_id"] for each in mails})
        assert by_mail.total() - of_the_offer <= letters <= by_mail.total()
        return True

    await eventually(inbox, PATIENCE, every=0.1)
    await eventually(mailbox, PATIENCE, every=0.1)
