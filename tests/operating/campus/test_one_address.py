"""The first of October: 2,000 students behind the one address of a campus, and an attacker among them."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from eventing import Works
from servicekit.bytes import to_base64url
from servicekit.limits import RefusedRequests
from tests.component.wallet.conftest import NewOrder
from tests.component.wallet.scene import WRONG_CODE, Order
from tests.component.wallet.steps import fetch_code, redeem
from wallet.consumers import HANDLERS
from wallet.parts import Parts

STUDENTS = 2000
PHONES = 8  # at a time


@pytest.fixture
async def orders(works: Works, new_order: NewOrder) -> list[Order]:
    made = [new_order() for _ in range(STUDENTS)]
    told = [order.ready() for order in made]
    async with works.begin() as work:
        await HANDLERS[type(told[0].event)](work, told)
    return made


@pytest.fixture
def limits_of_production(web: FastAPI, parts: Parts) -> None:
    web.state.parts = replace(parts, refused=RefusedRequests())


class Attacker:
    """Guesses offers and codes without end, from the address that everybody has."""

    def __init__(self, http: httpx.AsyncClient, code: str) -> None:
        self.http = http
        self.code = code
        self.answers: list[int] = []

    async def attack(self) -> None:
        while True:
            guess = await self.http.get(f"/offers/{to_base64url(secrets.token_bytes(24))}")
            wrong = await redeem(self.http, self.code, WRONG_CODE)
            self.answers += [guess.status_code, wrong.status_code]


@pytest.fixture
async def attacker(http: httpx.AsyncClient, orders: list[Order]) -> AsyncIterator[Attacker]:
    attacker = Attacker(http, await fetch_code(http, orders.pop()))
    attacking = asyncio.create_task(attacker.attack())
    yield attacker
    attacking.cancel()


async def activate(http: httpx.AsyncClient, orders: Sequence[Order]) -> Counter[int]:
    """One after the other on one phone; what the token endpoint answered."""
    return Counter([(await redeem(http, await fetch_code(http, order))).status_code for order in orders])


@pytest.mark.timeout(180)
async def test_all_students_get_through_and_the_attacker_is_stopped(
    http: httpx.AsyncClient, limits_of_production: None, orders: list[Order], attacker: Attacker
) -> None:
    outcomes = await asyncio.gather(*(activate(http, orders[phone::PHONES]) for phone in range(PHONES)))

    assert sum(outcomes, Counter()) == {200: STUDENTS - 1}
    told = Counter(attacker.answers)
    assert told[429] > 60
    assert told[404] + told[400] <= 60 * 3  # a minute is as long as it is, and three are more than this takes
