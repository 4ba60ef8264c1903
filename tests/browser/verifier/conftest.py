"""Cards on phones, and what a liar would hold: most tests look at one card that nobody ends."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from devstack.accounts import Account
from devstack.journey.cards import Card
from devstack.journey.http import Addresses, JourneyError
from devstack.journey.story import until
from devstack.journey.student import StudentClient
from devstack.journey.wallet import Pack, WalletClient
from devstack.stack import Stack
from tests.journeys.conftest import People


@dataclass(frozen=True, slots=True)
class ShownCard:
    """An active card, its student at the portal, and the phone that shows it."""

    student: StudentClient
    phone: WalletClient
    card: Card
    credential_id: str
    pack: Pack

    def code(self, at: float | None = None) -> str:
        return self.phone.show(self.pack, at)

    @property
    def names(self) -> str:
        return f"{self.card.claims['given_name']} {self.card.claims['family_name']}"

    async def code_of(self, forged: Card) -> str:
        """A code that leads to another pack, which the phone has put in the place of its own."""
        (pack,) = await until(lambda: self._stored(forged))
        return self.phone.show(pack)

    async def _stored(self, forged: Card) -> tuple[Pack, ...]:
        """Nothing, while the pack before was made in this very second."""
        try:
            return (await self.phone.store_pack(forged, self.credential_id),)
        except JourneyError as refused:
            if "PRESENTATION_OUTDATED" in str(refused):
                return ()
            raise


async def make_card(people: People) -> ShownCard:
    student, _account = await people.student()
    phone = await people.phone()
    placed = await student.place_order()
    order = await student.wait_for(placed["order_id"], "READY")
    activation = order["activation"]
    card, grant = await phone.activate(activation["qr_payload"], activation["activation_code"])
    pack = await phone.store_pack(card, grant.credential_id)
    await student.wait_for(placed["order_id"], "ACTIVATED")  # from then on the portal can change the card
    return ShownCard(student, phone, card, grant.credential_id, pack)


NewCard = Callable[[], Awaitable[ShownCard]]


@pytest.fixture
async def new_card(people: People) -> NewCard:
    return lambda: make_card(people)


@pytest.fixture(scope="session")
async def lasting_people(addresses: Addresses, accounts: list[Account]) -> AsyncIterator[People]:
    async with AsyncExitStack() as clients:
        yield People(addresses, accounts, clients)


@pytest.fixture(scope="session")
async def shown(lasting_people: People) -> ShownCard:
    """Nobody ends this card or replaces its pack."""
    return await make_card(lasting_people)


@pytest.fixture(scope="session")
async def liar(lasting_people: People) -> ShownCard:
    """A phone with a true card that stores other packs in the place of its own."""
    return await make_card(lasting_people)


@pytest.fixture(scope="session")
def keys(stack: Stack) -> Path:
    """The issuer's own: what they sign is genuine, whatever it says."""
    return stack.places.keys
