"""Tokens bound to a key of the client: which proofs count, and what the key is good for (RFC 9449)."""

import asyncio
from collections import Counter
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from eventing import Works
from servicekit.limits import RefusedRequests
from tests.component.wallet.clients import TOKEN_URL, Client
from tests.component.wallet.scene import WRONG_CODE, Clock, Order, tell
from tests.component.wallet.steps import claims_of, error_of, token_form
from tests.eventlog import published
from wallet.parts import Parts
from wallet.use_cases.forget_proofs import forget_proofs


@pytest.fixture
def thief(http: httpx.AsyncClient, clock: Clock, client: Client) -> Client:
    """Another key, with the same nonce."""
    other = Client(http, clock)
    other.nonce = client.nonce
    return other


@pytest.fixture
async def code(client: Client, works: Works, order: Order) -> str:
    """The pre-authorized code of an offer that is ready."""
    await tell(works, order.ready())
    return await client.fetch_code(order)


async def test_a_proof_binds_the_token_to_its_key(client: Client, parts: Parts, code: str) -> None:
    answer = await client.redeem(code)

    assert answer.status_code == 200
    assert answer.json()["token_type"] == "DPoP"
    claims = claims_of(answer, parts)
    assert claims["cnf"] == {"jkt": client.jkt}


async def test_an_answer_brings_the_nonce_of_the_next_proof(client: Client, code: str) -> None:
    client.nonce = (await client.redeem(code)).headers["dpop-nonce"]

    assert (await client.redeem(code)).status_code == 200


async def test_a_proof_without_a_nonce_is_told_one_and_nothing_is_counted(
    client: Client, works: Works, code: str
) -> None:
    client.nonce = None

    refused = await client.redeem(code, WRONG_CODE)
    client.nonce = refused.headers["dpop-nonce"]

    assert error_of(refused) == (400, "use_dpop_nonce")
    assert refused.headers["cache-control"] == "no-store"
    assert (await client.redeem(code)).status_code == 200
    async with works.begin() as work:
        assert await work.connection.fetchval("select attempts from offers") == 0


async def test_who_has_no_nonce_yet_is_not_counted_among_the_refused(
    client: Client, web: FastAPI, parts: Parts, code: str
) -> None:
    web.state.parts = replace(parts, refused=RefusedRequests(per_minute=3))
    nonce, client.nonce = client.nonce, None
    first = [await client.redeem(code) for _ in range(10)]
    client.nonce = nonce

    assert Counter(error_of(answer)[1] for answer in first) == {"use_dpop_nonce": 10}
    assert (await client.redeem(code)).status_code == 200


async def test_where_nonces_are_not_required_a_proof_without_one_counts(
    client: Client, web: FastAPI, parts: Parts, code: str
) -> None:
    web.state.parts = replace(parts, dpop=replace(parts.dpop, nonce_required=False))
    client.nonce = None

    assert (await client.redeem(code)).json()["token_type"] == "DPoP"


async def test_where_proofs_are_required_no_token_is_given_without_one(
    client: Client, http: httpx.AsyncClient, web: FastAPI, parts: Parts, works: Works, code: str
) -> None:
    web.state.parts = replace(parts, dpop=replace(parts.dpop, required=True))

    bare = await http.post("/token", data=token_form(code))

    assert error_of(bare) == (400, "invalid_dpop_proof")
    assert await published(works.pool) == []
    assert (await client.redeem(code)).status_code == 200


async def test_a_proof_for_another_address_or_method_gives_no_token_and_costs_nothing(
    client: Client, clock: Clock, works: Works, code: str
) -> None:
    wrong = [
        client.proof("http://localhost:8002/t/umcs/credential", clock.now, nonce=client.nonce),
        client.proof(TOKEN_URL, clock.now, nonce=client.nonce, method="GET"),
        "no proof",
    ]

    answers = [await client.redeem(code, WRONG_CODE, proof=proof) for proof in wrong]

    assert [error_of(answer) for answer in answers] == [(400, "invalid_dpop_proof")] * 3
    async with works.begin() as work:
        assert await work.connection.fetchval("select attempts from offers") == 0


async def test_a_replayed_proof_gives_no_token(client: Client, clock: Clock, code: str) -> None:
    proof = client.proof(TOKEN_URL, clock.now, nonce=client.nonce)

    first, again = await client.redeem(code, proof=proof), await client.redeem(code, proof=proof)

    assert first.status_code == 200
    assert error_of(again) == (400, "invalid_dpop_proof")


async def test_of_fifty_requests_with_one_proof_one_gets_a_token(
    client: Client, clock: Clock, works: Works, code: str
) -> None:
    proof = client.proof(TOKEN_URL, clock.now, nonce=client.nonce)

    answers = await asyncio.gather(*(client.redeem(code, proof=proof) for _ in range(50)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 400: 49}
    assert len(await published(works.pool)) == 1
    async with works.begin() as work:
        assert await work.connection.fetchval("select attempts from offers") == 0


async def test_a_refused_request_writes_no_proof_down(client: Client, works: Works, code: str) -> None:
    await client.redeem(code, WRONG_CODE)

    async with works.begin() as work:
        assert await work.connection.fetchval("select count(*) from used_proofs") == 0


async def test_after_a_lost_answer_the_same_key_gets_a_token_of_the_same_activation(
    client: Client, parts: Parts, works: Works, code: str
) -> None:
    answers = [await client.redeem(code, device_label=label) for label in ("iphone", "android")]

    first, second = (claims_of(answer, parts) for answer in answers)
    assert (first["jti"], first["device_label"]) == (second["jti"], second["device_label"])
    assert len(await published(works.pool)) == 1
    async with works.begin() as work:
        assert await work.connection.fetchval("select attempts from offers") == 0


async def test_a_lost_answer_is_not_given_to_another_key_nor_to_none(
    client: Client, thief: Client, http: httpx.AsyncClient, code: str
) -> None:
    thief.nonce = client.nonce
    await client.redeem(code)

    others = [await thief.redeem(code), await http.post("/token", data=token_form(code))]

    assert [error_of(answer) for answer in others] == [(400, "invalid_grant")] * 2


async def test_the_key_of_a_claim_still_needs_the_right_code(client: Client, works: Works, code: str) -> None:
    await client.redeem(code)

    answer = await client.redeem(code, WRONG_CODE)

    assert answer.json()["reason"] == "wrong_code"
    async with works.begin() as work:
        assert await work.connection.fetchval("select attempts from offers") == 1


async def test_asking_again_does_not_prolong_a_claim(
    client: Client, thief: Client, order: Order, clock: Clock, code: str
) -> None:
    await client.redeem(code)
    clock.advance(minutes=9)
    await client.redeem(await client.fetch_code(order))
    clock.advance(minutes=1)

    answer = await thief.redeem(await thief.fetch_code(order))

    assert answer.status_code == 200


async def test_a_proof_is_forgotten_when_it_would_be_too_old_anyway(
    client: Client, works: Works, clock: Clock, code: str
) -> None:
    await client.redeem(code)

    async def kept() -> int:
        async with works.begin() as work:
            await forget_proofs(work)
            count: int = await work.connection.fetchval("select count(*) from used_proofs")
        return count

    clock.advance(minutes=5)
    assert await kept() == 1
    clock.advance(seconds=1)
    assert await kept() == 0


async def test_the_client_is_told_of_a_bad_proof_before_bad_details(client: Client, code: str) -> None:
    answer = await client.redeem(code, proof="no proof", authorization_details="no details")

    assert error_of(answer) == (400, "invalid_dpop_proof")
