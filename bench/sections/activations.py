"""How fast cards are activated: offer, token, nonce and card, by eight phones that never rest.

A phone has key and code ready, and begins the next activation when it has the card of the last one.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import asyncpg
import httpcore
from joserfc import jwt
from joserfc.jwk import ECKey

from bench.figures import Figure, Figures
from bench.sizes import Sizes
from bench.stacks import connected, processor_seconds, used_since
from bench.waiting_orders import INSTITUTION, place_orders, until
from devstack.journey.wallet import PRE_AUTHORIZED
from devstack.stack import Stack
from ordering.sealing import load_sealers, open_code
from servicekit.keys import Keys

PHONES = 8
WITHIN = 300  # seconds until all orders are READY
CODES = """
    select order_id, offer_id, code_sealed from orders join students using (student_ref)
    where subject = any($1) and state = 'READY'
"""
OFFERS = "select order_id from offers where order_id = any($1)"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Ready:
    """What a phone has in hand before it begins."""

    offer_id: str
    code: str
    key: ECKey


@dataclass(frozen=True, slots=True)
class Activated:
    """How many cards in how many seconds, and the processor seconds of each part of the stack."""

    cards: int
    seconds: float
    processor_seconds: dict[str, float]


def measure(stack: Stack, sizes: Sizes) -> Figures:
    activated = asyncio.run(activate(stack, sizes.cards))
    cost = {name: 1000 * used / activated.cards for name, used in activated.processor_seconds.items()}
    return {
        "activation_per_s": Figure.of(activated.cards / activated.seconds),
        "activation_cpu_ms": Figure.of(sum(cost.values())),
    } | {f"activation_cpu_ms_{name.lower()}": Figure.of(each) for name, each in cost.items()}


async def activate(stack: Stack, cards: int) -> Activated:
    subjects = await place_orders(stack.places, stack.databases["ordering"], cards)
    waiting = iter(await _ready(stack, subjects))
    before, begun = processor_seconds(stack), time.perf_counter()
    async with httpcore.AsyncConnectionPool(max_keepalive_connections=2 * PHONES) as http:
        phone = Phone(http, stack.url("wallet"), stack.url("issuer"))
        await asyncio.gather(*(phone.activate_all(waiting) for _ in range(PHONES)))
    return Activated(cards, time.perf_counter() - begun, used_since(stack, before))


async def _ready(stack: Stack, subjects: Sequence[str]) -> Sequence[Ready]:
    codes = load_sealers(Keys(stack.places.keys)).code
    rows = await _until_so_many(stack.databases["ordering"], CODES, subjects, len(subjects))
    order_ids = [row["order_id"] for row in rows]
    await _until_so_many(stack.databases["wallet"], OFFERS, order_ids, len(subjects))
    return [
        Ready(
            row["offer_id"],
            open_code(codes, INSTITUTION, row["order_id"], row["code_sealed"]),
            ECKey.generate_key("P-256"),
        )
        for row in rows
    ]


async def _until_so_many(
    database_url: str, query: str, about: Sequence[object], wanted: int
) -> list[asyncpg.Record]:
    rows: list[asyncpg.Record] = []

    async def all_are_there() -> bool:
        rows[:] = await connection.fetch(query, about)
        return len(rows) == wanted

    async with connected(database_url) as connection:
        await until(all_are_there, within=WITHIN)
    return rows


@dataclass(frozen=True, slots=True)
class Phone:
    """Talks as little HTTP as a phone must: the processor is for the stack."""

    http: httpcore.AsyncConnectionPool
    wallet: str
    issuer: str

    async def activate_all(self, waiting: Iterator[Ready]) -> None:
        for ready in waiting:
            await self._activate(ready)

    async def _activate(self, ready: Ready) -> None:
        offer = await self._ask("GET", f"{self.wallet}/offers/{ready.offer_id}")
        form = {
            "grant_type": PRE_AUTHORIZED,
            "pre-authorized_code": offer["grants"][PRE_AUTHORIZED]["pre-authorized_code"],
            "tx_code": ready.code,
        }
        token = await self._ask("POST", f"{self.wallet}/token", FORM, urlencode(form))
        tenant = f"{self.issuer}/t/{INSTITUTION}"
        nonce = (await self._ask("POST", f"{tenant}/nonce"))["c_nonce"]
        [wanted] = offer["credential_configuration_ids"]
        card = {"credential_configuration_id": wanted, "proofs": {"jwt": [_proof(ready.key, tenant, nonce)]}}
        headers = {"Authorization": f"Bearer {token['access_token']}", "Content-Type": "application/json"}
        await self._ask("POST", f"{tenant}/credential", headers, json.dumps(card))

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: str = ""
    ) -> dict[str, Any]:
        answer = await self.http.request(
            method, url, headers=list((headers or {}).items()), content=body.encode()
        )
        if answer.status != 200:
            raise RuntimeError(f"{method} {url}: {answer.status} {answer.content.decode()}")
        told: dict[str, Any] = json.loads(answer.content)
        return told


def _proof(key: ECKey, audience: str, nonce: str) -> str:
    header = {"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": key.as_dict(private=False)}
    return jwt.encode(header, {"aud": audience, "iat": int(time.time()), "nonce": nonce}, key)
