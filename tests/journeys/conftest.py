"""A whole stack beside the demo's: its own folder and ports, students that no other test has touched."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from devstack.accounts import Account, those_who_may_order
from devstack.journey.http import Addresses
from devstack.journey.student import StudentClient
from devstack.journey.wallet import WalletClient
from devstack.ports import free_ports
from devstack.push_service import PushService
from devstack.settings import Places
from devstack.stack import Stack

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    places = Places(REPOSITORY, tmp_path_factory.mktemp("stack"))
    with Stack(places, free_ports(), durable=False) as running:
        yield running


@pytest.fixture(scope="session")
def addresses(stack: Stack) -> Addresses:
    return Addresses.of(stack.ports)


@pytest.fixture(scope="module")
def push_service() -> Iterator[PushService]:
    with PushService() as service:
        yield service


@pytest.fixture(scope="session")
def accounts(stack: Stack) -> list[Account]:
    """Students who may order; whoever takes one removes it from the list."""
    return those_who_may_order()


@pytest.fixture
async def people(addresses: Addresses, accounts: list[Account]) -> AsyncIterator["People"]:
    async with AsyncExitStack() as clients:
        yield People(addresses, accounts, clients)


class People:
    """Students and phones, new ones for each test, closed with it."""

    def __init__(self, addresses: Addresses, accounts: list[Account], clients: AsyncExitStack) -> None:
        self.addresses = addresses
        self.accounts = accounts
        self.clients = clients

    async def student(self) -> tuple[StudentClient, Account]:
        account = self.accounts.pop(0)
        client = await StudentClient.sign_in(self.addresses, account.subject)
        return await self.clients.enter_async_context(client), account

    async def student_called(self, subject: str) -> StudentClient:
        self.accounts[:] = [account for account in self.accounts if account.subject != subject]
        return await self.clients.enter_async_context(await StudentClient.sign_in(self.addresses, subject))

    async def student_at_a_browser(self, of: str | None = None) -> StudentClient:
        """Of that institution, if it matters."""
        account = next(each for each in self.accounts if of in (None, each.institution))
        self.accounts.remove(account)
        client = await StudentClient.sign_in_as_browser(self.addresses, account.subject)
        return await self.clients.enter_async_context(client)

    async def phone(self) -> WalletClient:
        return await self.clients.enter_async_context(WalletClient(self.addresses))
