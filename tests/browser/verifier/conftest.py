"""A card on a phone, and a checker's device that opens the verifier."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from playwright.async_api import Page

from devstack.journey.cards import Card
from devstack.journey.student import StudentClient
from devstack.journey.wallet import Pack, WalletClient
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


NewCard = Callable[[], Awaitable[ShownCard]]


@pytest.fixture
async def new_card(people: People) -> NewCard:
    async def make() -> ShownCard:
        student, _account = await people.student()
        phone = await people.phone()
        placed = await student.place_order()
        order = await student.wait_for(placed["order_id"], "READY")
        activation = order["activation"]
        card, grant = await phone.activate(activation["qr_payload"], activation["activation_code"])
        pack = await phone.store_pack(card, grant.credential_id)
        return ShownCard(student, phone, card, grant.credential_id, pack)

    return make


@pytest.fixture
async def shown(new_card: NewCard) -> ShownCard:
    return await new_card()


async def open_code(page: Page, code: str) -> None:
    """As the camera app of a phone does with what it has read."""
    await page.goto(code)
